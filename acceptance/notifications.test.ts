// The feed, what users settle about it and the devices that are told of it, through the public client and
// over HTTP.
import { describe, expect, test } from 'vitest'
import type { HttpClient } from '../loadtest/http-client.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import type { DeviceList } from '../protocol/devices.ts'
import type { FeedOutcome, FeedPage, FeedReadPublication } from '../protocol/feed.ts'
import type { Notification } from '../protocol/notifications.ts'
import { accepted, chatServer, offerOf50, someone, type Talker, unhurried } from './testing/chat.ts'
import { openLot, signToken, startServer } from './testing/server.ts'

const { server, arrive } = chatServer(() => ({ ...unhurried, LIMIT_FEED_COMMANDS_PER_USER: 'off' }))

const page = (person: Talker, params: object = {}) =>
  person.rpc<FeedPage>('notification.list', params)
const read = (person: Talker, seq: number) => person.rpc<FeedOutcome>('notification.read', { seq })

/** What of the person's `user:` channel is volatile. */
const heardReads = ({ feed }: Talker): FeedReadPublication[] =>
  feed
    .map(({ data }) => data as Notification | FeedReadPublication)
    .filter((data) => data.type === 'notifications_read')

/** The page, once the feed has so many notifications. */
const pageOf = (person: Talker, count: number): Promise<FeedPage> =>
  waitFor(
    async () => {
      const found = await page(person)
      return found.items.length === count && found
    },
    { what: `${count} notifications of ${person.user}` },
  )

/** A phone of the person's, as the app tells of it. */
const phone = (change: object = {}) => ({
  platform: 'android',
  token: `token-of-${someone('phone')}`,
  locale: 'pt-br',
  timeZone: 'America/Sao_Paulo',
  ...change,
})

async function devicesOf(person: Pick<HttpClient, 'call'>): Promise<DeviceList['items']> {
  const { items } = (await person.call('GET', '/v1/devices')) as unknown as DeviceList
  return items
}

/** Ann has two sessions, Sam one; he has written twice and made her an offer, and she was outbid. */
async function toldPerson() {
  const [name, rival] = [someone('ann'), someone('bob')]
  const ann = await arrive(name)
  const desk = await arrive(name)
  const sam = await arrive(someone('sam'))
  const bob = await arrive(rival)
  const { conversationId } = await ann.open(sam.user)
  accepted(await sam.say(conversationId, 'one'))
  accepted(await sam.say(conversationId, 'two'))
  accepted(await sam.say(conversationId, '', { kind: 'offer', offer: offerOf50() }))
  const { lotId } = await openLot(server())
  await ann.bid(lotId, 2_000)
  await bob.bid(lotId, 5_000)
  await pageOf(ann, 4)
  return { ann, desk, sam, conversationId, lotId }
}

describe('the feed', () => {
  test('shows what was told, newest first, with what of it was read and how much is unread', async () => {
    const { ann, conversationId, lotId } = await toldPerson()
    const all = await page(ann)
    expect(all).toMatchObject({ readSeq: 0, unread: 4 })
    expect(all.items.map(({ seq }) => seq)).toEqual([4, 3, 2, 1])
    expect(all.items.every((item) => !item.read)).toBe(true)
    expect(all.items.map(({ type }) => type).toSorted()).toEqual([
      'message',
      'message',
      'offer',
      'outbid',
    ])
    expect(all.items.find(({ type }) => type === 'outbid')).toMatchObject({ lotId })
    expect(all.items.find(({ type }) => type === 'offer')).toMatchObject({ conversationId })
  })

  test('is read page by page, over HTTP too', async () => {
    const { ann } = await toldPerson()
    const first = await page(ann, { limit: 3 })
    expect(first.items.map(({ seq }) => seq)).toEqual([4, 3, 2])
    const rest = await (await server().as(ann.user)).call(
      'GET',
      `/v1/notifications?before=${first.next}&limit=3`,
    )
    expect(rest).toMatchObject({ items: [{ seq: 1 }], unread: 4 })
    expect(rest).not.toHaveProperty('next')
  })

  test('is read from another device, which is told to all others and disturbs no recovery', async () => {
    const { ann, desk, sam, conversationId } = await toldPerson()
    expect(await read(ann, 4)).toMatchObject({ outcome: 'accepted', readSeq: 4, unread: 3 })
    const [heard] = await waitFor(() => heardReads(desk).length > 0 && heardReads(desk))
    expect(heard).toEqual({ type: 'notifications_read', readSeq: 4, unread: 3 })
    // Read in the conversation, messages and the offer are read here too.
    const items = Object.groupBy((await page(desk)).items, ({ type }) => type)
    expect(items.message?.every((item) => !item.read)).toBe(true)
    expect(items.outbid?.every((item) => item.read)).toBe(true)
    await ann.rpc('chat.read', { conversationId, upToSeq: 3 })
    expect(await page(desk)).toMatchObject({ unread: 0, readSeq: 4 })
    expect((await page(desk)).items.every((item) => item.read)).toBe(true)
    // A session that comes back is given what it missed, numbered as ever.
    desk.cut()
    accepted(await sam.say(conversationId, 'three'))
    const offsets = () => desk.feed.flatMap(({ offset }) => (offset > 0 ? offset : []))
    await waitFor(() => offsets().length === 5)
    expect(offsets()).toEqual([1, 2, 3, 4, 5])
  })

  test('is read up to its end at most, and never unread again', async () => {
    const { ann } = await toldPerson()
    expect(await read(ann, 5)).toMatchObject({
      outcome: 'refused',
      code: 'mark_beyond_end',
      max: 4,
      retryable: true,
    })
    await read(ann, 3)
    expect(await read(ann, 1)).toMatchObject({ outcome: 'accepted', readSeq: 3 })
    expect(await ann.rpc('notification.delivered', { seq: 5 })).toMatchObject({
      code: 'mark_beyond_end',
      max: 4,
    })
    expect(await ann.rpc('notification.delivered', { seq: 4 })).toMatchObject({
      outcome: 'accepted',
    })
  })

  test('is everybody’s own: another person sees and moves nothing of it', async () => {
    const { ann } = await toldPerson()
    const eve = await arrive(someone('eve'))
    expect(await page(eve)).toEqual({ items: [], readSeq: 0, unread: 0 })
    expect(await read(eve, 4)).toMatchObject({ code: 'mark_beyond_end', max: 0 })
    expect(await page(ann)).toMatchObject({ readSeq: 0, unread: 4 })
    const nobody = await fetch(`${server().url}/v1/notifications`)
    expect(nobody.status).toBe(401)
  })
})

describe('preferences', () => {
  const everything = {
    outbid: 'push',
    lot_won: 'push',
    lot_lost: 'push',
    lot_ending: 'push',
    message: 'push',
    offer: 'push',
    order_created: 'push',
  }

  test('are what a user has settled, on all its devices', async () => {
    const ann = await arrive(someone('ann'))
    expect(await ann.rpc('notification.preferences', {})).toEqual({
      types: everything,
      previews: true,
    })
    await ann.rpc('notification.prefer', { types: { outbid: 'feed', message: 'off' } })
    await ann.rpc('notification.prefer', { previews: false })
    const settled = { types: { ...everything, outbid: 'feed', message: 'off' }, previews: false }
    const http = await server().as(ann.user)
    expect(await http.call('GET', '/v1/notifications/preferences')).toEqual(settled)
    await http.call('PUT', '/v1/notifications/preferences', { types: { message: 'push' } })
    expect(await ann.rpc('notification.preferences', {})).toMatchObject({
      types: { message: 'push', outbid: 'feed' },
    })
    const other = await arrive(someone('bob'))
    expect(await other.rpc('notification.preferences', {})).toMatchObject({ types: everything })
  })

  test('keep from the feed what is off, and no message from its conversation', async () => {
    const [ann, sam] = [await arrive(someone('ann')), await arrive(someone('sam'))]
    await ann.rpc('notification.prefer', { types: { message: 'off', offer: 'feed' } })
    const { conversationId } = await ann.open(sam.user)
    accepted(await sam.say(conversationId, 'one'))
    accepted(await sam.say(conversationId, '', { kind: 'offer', offer: offerOf50() }))
    const { items, unread } = await pageOf(ann, 1)
    expect(items).toMatchObject([{ seq: 1, type: 'offer' }])
    expect(unread).toBe(2)
  })
})

describe('devices', () => {
  test('are registered, listed without their tokens, changed and removed', async () => {
    const ann = await server().as(someone('ann'))
    const order = phone({ quietHours: { from: '22:00', to: '07:30' } })
    await ann.call('PUT', '/v1/devices/pixel', order)
    const [device, ...others] = await devicesOf(ann)
    expect(others).toEqual([])
    expect(device).toEqual({
      deviceId: 'pixel',
      platform: 'android',
      tokenKind: 'token',
      locale: 'pt-BR',
      timeZone: 'America/Sao_Paulo',
      quietHours: { from: '22:00', to: '07:30' },
      registeredAt: expect.any(Number),
      seenAt: expect.any(Number),
    })
    await ann.call('PUT', '/v1/devices/pixel', phone({ platform: 'web', timeZone: 'asia/tokyo' }))
    expect(await devicesOf(ann)).toMatchObject([{ platform: 'web', timeZone: 'Asia/Tokyo' }])
    expect((await devicesOf(ann))[0]).not.toHaveProperty('quietHours')
    await ann.call('DELETE', '/v1/devices/pixel')
    expect(await devicesOf(ann)).toEqual([])
    const named = `/v1/devices/${encodeURIComponent('Ann’s tablet/2')}`
    await ann.call('PUT', named, phone())
    expect(await devicesOf(ann)).toMatchObject([{ deviceId: 'Ann’s tablet/2' }])
    await ann.call('DELETE', named)
    expect(await devicesOf(ann)).toEqual([])
    expect(server().logged()).not.toContain(order.token)
  })

  test('have one token in one hand: whoever registers it later has it', async () => {
    const [ann, bob] = [await server().as(someone('ann')), await server().as(someone('bob'))]
    const shared = phone()
    await ann.call('PUT', '/v1/devices/first', shared)
    await bob.call('PUT', '/v1/devices/second', shared)
    expect(await devicesOf(ann)).toEqual([])
    expect(await devicesOf(bob)).toMatchObject([{ deviceId: 'second' }])
  })

  test('are everybody’s own: another person neither sees nor removes them', async () => {
    const [ann, eve] = [await server().as(someone('ann')), await server().as(someone('eve'))]
    await ann.call('PUT', '/v1/devices/pixel', phone())
    expect(await devicesOf(eve)).toEqual([])
    await eve.call('DELETE', '/v1/devices/pixel')
    expect(await devicesOf(ann)).toMatchObject([{ deviceId: 'pixel' }])
  })

  test('that are revoked get no further push', async () => {
    const name = someone('ann')
    const ann = await server().as(name)
    await ann.call('PUT', '/v1/devices/lost', phone())
    await ann.call('PUT', '/v1/devices/kept', phone())
    const house = await server().as('house', 'service')
    await house.call('POST', `/v1/users/${name}/revoke`, { device: 'lost' })
    expect(await devicesOf(ann)).toMatchObject([{ deviceId: 'kept' }])
  })

  test('of an erased user are forgotten, and its feed with them', async () => {
    const { ann } = await toldPerson()
    const http = await server().as(ann.user)
    await http.call('PUT', '/v1/devices/pixel', phone())
    const house = await server().as('house', 'service')
    await house.call('POST', `/v1/users/${ann.user}/erase`, {})
    await waitFor(async () => (await devicesOf(http)).length === 0, { timeoutMs: 30_000 })
    const left = await pageOf(ann, 0)
    expect(left.readSeq).toBe(0)
  })
})

describe('bad input', () => {
  const token = 'abc'
  const good = { platform: 'ios', token, locale: 'en', timeZone: 'Europe/Berlin' }
  const hours = (from: string, to: string) => ({ ...good, quietHours: { from, to } })

  test.each<[string, object, string]>([
    ['no token', { ...good, token: undefined }, 'token: expected string, received undefined'],
    ['an empty token', { ...good, token: '' }, 'token: expected at least 1 character'],
    [
      'a token that is none',
      { ...good, token: 'two words' },
      'token: expected no spaces and ASCII only, as the service gave it',
    ],
    [
      'an endless token',
      { ...good, token: 'x'.repeat(2_049) },
      'token: expected at most 2048 characters',
    ],
    [
      'an unknown time zone',
      { ...good, timeZone: 'Europe/Atlantis' },
      'timeZone: expected an IANA time zone such as "Europe/Berlin"',
    ],
    [
      'an offset instead of a time zone',
      { ...good, timeZone: '+02:00' },
      'timeZone: expected an IANA time zone such as "Europe/Berlin"',
    ],
    [
      'no language',
      { ...good, locale: 'German, please' },
      'locale: expected a BCP 47 language tag such as "pt-BR"',
    ],
    [
      'an unknown platform',
      { ...good, platform: 'pager' },
      'platform: expected one of "android", "ios", "web"',
    ],
    [
      'an hour that is none',
      hours('24:00', '07:00'),
      'quietHours.from: expected a time such as "22:00"',
    ],
    [
      'quiet hours without end',
      hours('22:00', '22:00'),
      'quietHours.to: expected another time than from',
    ],
  ])('a device with %s is refused by name', async (_, order, says) => {
    const answer = await fetch(`${server().url}/v1/devices/pixel`, {
      method: 'PUT',
      headers: {
        authorization: `Bearer ${await signToken('ann')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(order),
    })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ code: 'bad_request', detail: says })
  })

  test.each<[object, string]>([
    [{ types: { lot_won: 'off' } }, 'types.lot_won: expected one of "push", "feed"'],
    [{ types: { order_created: 'off' } }, 'types.order_created: expected one of "push", "feed"'],
    [{ types: { outbid: 'mail' } }, 'types.outbid: expected one of "push", "feed", "off"'],
    [{ types: { weather: 'push' } }, 'types: Unrecognized key: "weather"'],
  ])('preferences %j are refused by name', async (wish, says) => {
    const ann = await arrive(someone('ann'))
    await expect(ann.rpc('notification.prefer', wish)).rejects.toMatchObject({
      code: 107,
      message: `bad request: ${says}`,
    })
  })
})

test('who settles more than anybody would is put off', async () => {
  const limited = await startServer({
    LIMIT_FEED_COMMANDS_PER_USER: '2/1h',
  })
  try {
    const headers = {
      authorization: `Bearer ${await signToken('ann')}`,
      'content-type': 'application/json',
    }
    const body = JSON.stringify({ previews: false })
    const url = `${limited.url}/v1/notifications/preferences`
    const answers = []
    for (let nth = 0; nth < 3; nth += 1) {
      answers.push(await fetch(url, { method: 'PUT', headers, body }))
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429])
    expect(await answers[2]?.json()).toMatchObject({ code: 'rate_limited' })
    expect(answers[2]?.headers.get('ratelimit-limit')).toBe('2')
  } finally {
    await limited.stop()
  }
})
