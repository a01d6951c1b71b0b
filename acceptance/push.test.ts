// Pushes to phones, by the shipped way and what stands in for FCM.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFcmStandIn } from '../platform/fcm/fcm-stand-in.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import type { DeviceList } from '../protocol/devices.ts'
import { accepted, chatServer, someone, type Talker, unhurried } from './testing/chat.ts'
import { noJobsLeft, type Phone, phoneOf } from './testing/phones.ts'
import { openLot } from './testing/server.ts'

const fcm = createFcmStandIn()
beforeAll(() => fcm.start())
const { server, arrive } = chatServer(() => ({ ...unhurried, FCM_ENDPOINT: fcm.endpoint }))
afterAll(() => fcm.stop())

const phone = (user: string, terms = {}): Promise<Phone> => phoneOf(server(), fcm, user, terms)
const bodies = (one: Phone) => one.shown().map(({ body }) => body)

/** Ann and Bob, strangers to every other test; Ann has a conversation with Bob and is there. */
async function pair(): Promise<{ ann: Talker; bob: string; conversationId: string }> {
  const ann = await arrive(someone('ann'))
  const bob = someone('bob')
  const { conversationId } = await ann.open(bob)
  return { ann, bob, conversationId }
}

/** Whatever was caused before has been sent when this resolves, or it never will be. */
async function allSent(): Promise<void> {
  const { ann, bob, conversationId } = await pair()
  const last = await phone(bob)
  await ann.say(conversationId, 'the last')
  await last.shows(1)
  await noJobsLeft(server().databaseUrl)
}

describe('a message to somebody who is away', () => {
  test('is pushed to each device, in its language, with the exact badge; to none of the sender’s', async () => {
    const { ann, bob, conversationId } = await pair()
    const own = await phone(ann.user)
    const [first, second] = [
      await phone(bob),
      await phone(bob, { locale: 'de-AT', platform: 'ios' }),
    ]
    await ann.say(conversationId, 'Is the lamp still there?')
    await Promise.all([first, second].map((one) => one.shows(1)))
    await ann.say(conversationId, 'I could come by.')
    for (const one of [first, second]) {
      await waitFor(() => one.view().badge === 2)
      expect(one.view()).toMatchObject({
        arrived: 2,
        // A later message of a conversation takes the place of the one before.
        shown: [{ body: 'I could come by.', tag: expect.stringContaining(conversationId) }],
      })
    }
    expect(first.shown()[0]?.title).toBe('New message')
    expect(second.shown()[0]?.title).toBe('Neue Nachricht')
    await allSent()
    expect(own.view().arrived).toBe(0)
  })

  test('tells the app by which key, message and conversation', async () => {
    const { ann, bob, conversationId } = await pair()
    const one = await phone(bob)
    const { messageId } = accepted(await ann.say(conversationId, 'hello'))
    await one.shows(1)
    expect(one.view().deliveries[0]?.message.data).toMatchObject({
      key: `${bob}:1`,
      type: 'message',
      conversationId,
      messageId,
    })
  })

  test('is cut after a whole character where it is longer than a push', async () => {
    const { ann, bob, conversationId } = await pair()
    const one = await phone(bob)
    const family = '👨‍👩‍👧‍👦'
    await ann.say(conversationId, family.repeat(300))
    const [shown] = await one.shows(1)
    const body = shown?.body ?? ''
    expect(body.length).toBeGreaterThan(10 * family.length)
    expect(body.replaceAll(family, '')).toBe('…')
  })

  test('is not pushed where it is muted, blocked, or preferred otherwise', async () => {
    for (const hush of [mute, block, preferNothing]) {
      const { ann, bob, conversationId } = await pair()
      const one = await phone(bob)
      await ann.say(conversationId, 'before')
      await one.shows(1)
      await hush(one, ann.user, conversationId)
      await ann.say(conversationId, 'after')
      await allSent()
      expect(bodies(one)).toEqual(['before'])
    }
  })
})

const mute = (one: Phone, _: string, conversationId: string) =>
  one.http.call('PUT', `/v1/conversations/${conversationId}/mute`, { until: Date.now() + 60_000 })
const block = (one: Phone, user: string) => one.http.call('POST', '/v1/blocks', { userId: user })
const preferNothing = (one: Phone) =>
  one.http.call('PUT', '/v1/notifications/preferences', { types: { message: 'off' } })

describe('a device that is connected', () => {
  test('and has the message is sent nothing; another one of the same user is', async () => {
    const { ann, bob, conversationId } = await pair()
    const [near, far] = [await phone(bob), await phone(bob)]
    const app = await near.open()
    const told = accepted(await ann.say(conversationId, 'hello'))
    await waitFor(() => app.feed.length === 1)
    await app.rpc('chat.delivered', { conversationId, upToSeq: told.seq ?? 0 })
    await far.shows(1)
    await allSent()
    expect(near.view().arrived).toBe(0)
    app.close()
  })

  test('and does not say that it has the message is sent it after all', async () => {
    const { ann, bob, conversationId } = await pair()
    const one = await phone(bob)
    const app = await one.open()
    await ann.say(conversationId, 'hello')
    await one.shows(1)
    expect(app.feed).toHaveLength(1)
    app.close()
  })

  test('and has the conversation open is sent nothing', async () => {
    const { ann, bob, conversationId } = await pair()
    const [near, far] = [await phone(bob), await phone(bob)]
    const app = await near.open()
    const subscription = app.centrifuge.newSubscription(`chat:${conversationId}`)
    subscription.subscribe()
    await subscription.ready(10_000)
    await ann.say(conversationId, 'hello')
    await far.shows(1)
    await allSent()
    expect(near.view().arrived).toBe(0)
    app.close()
  })
})

test('what is read elsewhere is taken away again, silently, and the badge is exact', async () => {
  const { ann, bob, conversationId } = await pair()
  const cleo = await arrive(someone('cleo'))
  const other = await cleo.open(bob)
  const [near, far] = [await phone(bob), await phone(bob)]
  const told = accepted(await ann.say(conversationId, 'from ann'))
  await cleo.say(other.conversationId, 'from cleo')
  await far.shows(2)
  await waitFor(() => far.view().badge === 2)
  const app = await near.open()
  await app.rpc('chat.read', { conversationId, upToSeq: told.seq ?? 0 })
  await waitFor(() => far.view().badge === 1, { timeoutMs: 15_000 })
  expect(bodies(far)).toEqual(['from cleo'])
  const silent = far.view().deliveries.at(-1)?.message
  expect(silent?.notification).toBeUndefined()
  expect(silent?.apns?.headers).toMatchObject({
    'apns-push-type': 'background',
    'apns-priority': '5',
  })
  app.close()
})

const listed = async (one: Phone) => {
  const list = (await one.http.call('GET', '/v1/devices')) as unknown as DeviceList
  return list.items.map(({ deviceId }) => deviceId)
}

describe('a device', () => {
  test.each(['unregistered', 'invalid_token'] as const)(
    'that FCM calls %s is forgotten, and the others are not',
    async (answer) => {
      const { ann, bob, conversationId } = await pair()
      const [gone, there] = [await phone(bob), await phone(bob)]
      fcm.behave({ answer }, gone.token)
      await ann.say(conversationId, 'hello')
      await there.shows(1)
      await waitFor(async () => !(await listed(there)).includes(gone.deviceId))
      expect(await listed(there)).toEqual([there.deviceId])
    },
  )

  test('keeps its token where the fault is ours, or FCM is away', async () => {
    const { ann, bob, conversationId } = await pair()
    const one = await phone(bob)
    fcm.behave({ answer: 'invalid_message', times: 1 }, one.token)
    await ann.say(conversationId, 'lost by a fault of ours')
    await allSent()
    fcm.behave({ answer: 'internal', times: 2 }, one.token)
    await ann.say(conversationId, 'sent in the end')
    await one.shows(1)
    expect(bodies(one)).toEqual(['sent in the end'])
    expect(await listed(one)).toEqual([one.deviceId])
  })

  test('is that of its later owner, where two register one token', async () => {
    const { ann, bob, conversationId } = await pair()
    const first = await phone(bob)
    const dan = someone('dan')
    const second = await phone(dan, { token: first.token })
    const { conversationId: withDan } = await ann.open(dan)
    await ann.say(conversationId, 'for bob')
    await ann.say(withDan, 'for dan')
    await second.shows(1)
    await allSent()
    expect(bodies(second)).toEqual(['for dan'])
    expect(await listed(first)).toEqual([])
  })

  test.each<[string, object, string]>([
    ['no token', { token: '' }, 'token'],
    ['an unknown time zone', { timeZone: 'Europe/Atlantis' }, 'timeZone'],
    ['quiet hours that never end', { quietHours: { from: '22:00', to: '22:00' } }, 'quietHours'],
  ])('with %s is refused', async (_, terms, field) => {
    await expect(phone(someone('eve'), terms)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(field),
    })
  })
})

test('an outbid is pushed at once to who is away, for as long as it is of use', async () => {
  const lot = await openLot(server())
  const [ann, bob] = [await arrive(someone('ann')), await arrive(someone('bob'))]
  const one = await phone(bob.user)
  await bob.bid(lot.lotId, 1_000)
  bob.close()
  await ann.bid(lot.lotId, 1_100)
  const [shown] = await one.shows(1)
  expect(shown).toMatchObject({
    title: 'You’ve been outbid',
    tag: expect.stringContaining(lot.lotId),
  })
  const { android } = one.view().deliveries[0]?.message ?? {}
  expect(android).toMatchObject({ collapse_key: 'outbid', priority: 'high' })
  expect(Number.parseFloat(android?.ttl ?? '')).toBeLessThanOrEqual(60)
})
