// Pushes by a fleet: several notifiers, which die.
//
// NOTIFIER_KILLS=100 kills as often as that, during 2,000 messages (some ten minutes); by default it is less often,
// during fewer.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHttpClient, type HttpClient } from '../loadtest/http-client.ts'
import { createFcmStandIn } from '../platform/fcm/fcm-stand-in.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import { unhurried, upTo } from './testing/chat.ts'
import { query } from './testing/database.ts'
import { type Fleet, type RoleInFleet, startFleet } from './testing/fleet.ts'
import { type Phone, phoneOf } from './testing/phones.ts'
import { signToken } from './testing/server.ts'

const kills = Number(process.env['NOTIFIER_KILLS'] ?? 4)
/** Below what one device is pushed in an hour before they are summed up. */
const messagesEach = 16
const peopleMax = Math.min(125, kills * 8)
const messages = peopleMax * messagesEach

/** Somebody offline, to whom others write. */
interface Reader {
  readonly user: string
  readonly phone: Phone
  readonly conversationId: string
}

describe('pushes by two notifiers', { timeout: 300_000 + kills * 20_000 }, () => {
  const fcm = createFcmStandIn()
  let fleet: Fleet
  let gateway: RoleInFleet
  let writer: HttpClient

  beforeAll(async () => {
    await fcm.start()
    fleet = await startFleet({ ...unhurried, FCM_ENDPOINT: fcm.endpoint })
    const [, , , first] = await Promise.all([
      fleet.add('chat'),
      fleet.add('notifier'),
      fleet.add('notifier'),
      fleet.add('gateway'),
    ])
    gateway = first
    writer = createHttpClient(gateway.url, await signToken('writer'))
  }, 120_000)
  afterAll(async () => {
    await fleet.stop()
    await fcm.stop()
  })

  async function reader(user: string): Promise<Reader> {
    const websocketUrl = `${gateway.url.replace('http', 'ws')}/connection/websocket`
    const opened = await writer.call('POST', '/v1/conversations', {
      listingId: randomUUID(),
      peerId: user,
    })
    const { conversationId } = opened as { conversationId: string }
    const phone = await phoneOf({ url: gateway.url, websocketUrl }, fcm, user)
    return { user, phone, conversationId }
  }

  async function write({ conversationId }: Reader): Promise<void> {
    const said = await writer.call('POST', `/v1/conversations/${conversationId}/messages`, {
      clientMessageId: randomUUID(),
      text: 'Is it still there?',
    })
    expect(said).toMatchObject({ outcome: 'accepted' })
  }

  test('each message is one push', async () => {
    const readers = await Promise.all(['ann', 'bob', 'cleo'].map(reader))
    for (let n = 0; n < 10; n++) await Promise.all(readers.map(write))
    await Promise.all(readers.map(({ phone }) => waitFor(() => phone.view().arrived === 10)))
    for (const { phone } of readers) {
      expect(phone.view()).toMatchObject({ doubles: 0, badge: 10, shown: [{}] })
    }
  })

  test(`notifiers killed ${kills} times during ${messages} messages: each device has each push once by its key, none is missing`, async () => {
    const readers: Reader[] = []
    while (readers.length < peopleMax) {
      const some = upTo(Math.min(8, peopleMax - readers.length))
      const names = some.map((n) => `reader-${readers.length + n}`)
      readers.push(...(await Promise.all(names.map(reader))))
    }
    const due = Array.from({ length: messagesEach }, () => readers).flat()
    const share = Math.ceil(messages / kills)
    for (let killed = 0; killed < kills; killed++) {
      const [victim, other] = fleet.running('notifier')
      expect(other).toBeDefined()
      const before = fcm.requests
      const written = Promise.all(due.splice(0, share).map(write))
      // In the midst of its work, and each time somewhere else in it.
      const amongPushes = before + Math.floor(Math.random() * share)
      await Promise.race([
        waitFor(() => fcm.requests > amongPushes, { timeoutMs: 60_000 }),
        written,
      ])
      await victim?.end('SIGKILL')
      await Promise.all([fleet.add('notifier'), written])
    }
    await waitFor(() => readers.every((one) => keysOn(one).size >= messagesEach), {
      timeoutMs: 120_000,
      what: `${messagesEach} pushes on each of ${peopleMax} phones`,
    })
    for (const one of readers) {
      const { doubles, arrived, badge } = one.phone.view()
      expect(keysOn(one)).toEqual(new Set(upTo(messagesEach).map((seq) => `${one.user}:${seq}`)))
      // A push sent twice is one to the person; it is sent twice only where a notifier died over it.
      expect(arrived - doubles).toBe(messagesEach)
      expect(badge).toBe(messagesEach)
    }
    const dead =
      'SELECT count(*)::int AS n FROM graphile_worker.jobs WHERE attempts >= max_attempts'
    expect(await query(fleet.databaseUrl, dead)).toEqual([{ n: 0 }])
  })
})

const keysOn = ({ phone }: Reader): ReadonlySet<string | undefined> =>
  new Set(phone.view().deliveries.map(({ message }) => message.data?.['key']))
