// Conversations over real sockets: what happens to those that do not read, or vanish.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { waitFor } from '../../platform/testing/wait-for.ts'
import type { ServerMessage } from '../../protocol/frames.ts'
import { noonMs } from '../testing/people.ts'
import { type FakeTalks, saleRoomId, talkId } from '../testing/talks.ts'
import { deskOf, type Running, startSockets } from './testing/socket-server.ts'
import type { WireClient } from './testing/wire-client.ts'

const talk = `chat:${talkId}`
const room = `chat:${saleRoomId}`
/** What an `rpc` of these tests answers with: a few fill the buffers of the kernel. */
const heavy = 'x'.repeat(1_000_000)

let running: Running
let talks: FakeTalks
let answered: number

beforeEach(async () => {
  answered = 0
  const rpc = async () => {
    answered += 1
    return { result: { data: heavy } }
  }
  running = await startSockets({ desk: deskOf({ rpc }) })
  talks = running.streams.talks
  talks.open(talkId, 'direct')
  talks.open(saleRoomId, 'room')
})

afterEach(async () => {
  await running.stop()
})

async function join(userId: string, channel: string, more: object = {}): Promise<WireClient> {
  const client = running.client()
  await client.connect(userId)
  await client.ask({ subscribe: { channel, ...more } })
  return client
}

function type(userId: string): void {
  const expiresAt = noonMs + 6_000
  talks.line.tell(talkId, { conversationId: talkId, typing: { userId, expiresAt } })
}

async function slow(kind: string, action: string): Promise<number> {
  const metric = await running.metrics.getSingleMetric('outcry_gateway_slow_sockets_total')?.get()
  const found = metric?.values.find(
    ({ labels }) => labels['class'] === kind && labels['action'] === action,
  )
  return found?.value ?? 0
}

/** `join bob`, `leave bob`, in the order told. */
function comings(client: WireClient): string[] {
  return client.messages.flatMap(coming)
}

function coming(message: ServerMessage): string[] {
  if (!('push' in message)) return []
  if ('join' in message.push) return [`join ${message.push.join.info.user}`]
  return 'leave' in message.push ? [`leave ${message.push.leave.info.user}`] : []
}

describe('a socket that does not read', () => {
  test('I14: in a room is closed with 3008 and recovers all of it, while the others are told everything', async () => {
    const [quick, stalled] = [await join('ann', room), await join('bob', room)]
    stalled.socket.pause()
    const text = 'x'.repeat(4_000)
    let told = 0
    await waitFor(async () => {
      for (let more = 0; more < 50; more += 1, told += 1) {
        talks.tell(saleRoomId, talks.say(saleRoomId, 'cid', text))
      }
      await waitFor(() => quick.offsets(room).length === told)
      return running.server.connections === 1
    })
    expect(await slow('durable', 'closed')).toBe(1)
    expect(quick.offsets(room)).toEqual(Array.from({ length: told }, (_, at) => at + 1))
    stalled.socket.resume()
    expect(await stalled.closing()).toBe(3008)
    // What it got has no hole, and it may go on from there.
    const got = stalled.offsets(room)
    expect(got).toEqual(Array.from({ length: got.length }, (_, at) => at + 1))
    const again = running.client()
    await again.connect('bob')
    const from = { recover: true, epoch: 'e', offset: Math.max(got.length, told - 300) }
    const reply = await again.ask({ subscribe: { channel: room, ...from } })
    expect(reply).toMatchObject({ subscribe: { recovered: true, offset: told } })
  })

  test('is not told who types, and is told every message', async () => {
    const [quick, stalled] = [await join('ann', talk), await join('ann', talk)]
    stalled.socket.pause()
    let asked = 90
    let typed = 0
    await waitFor(async () => {
      // An answer that it does not take.
      stalled.send({ id: (asked += 1), rpc: { method: 'x' } })
      await waitFor(() => answered === asked - 90)
      type('bob')
      typed += 1
      await waitFor(() => quick.publications(talk).length === typed)
      return (await slow('volatile', 'dropped')) === 1
    })
    stalled.socket.resume()
    await stalled.reply(asked)
    talks.tell(talkId, talks.say(talkId, 'bob'))
    await waitFor(() => stalled.offsets(talk).includes(1))
    expect(stalled.publications(talk)).toHaveLength(typed)
    expect(quick.publications(talk)).toHaveLength(typed + 1)
  })
})

describe('coming and going', () => {
  test('a socket that vanishes has left', async () => {
    const ann = await join('ann', talk, { join_leave: true })
    const bob = await join('bob', talk)
    await waitFor(() => comings(ann).includes('join bob'))
    bob.socket.terminate()
    await waitFor(() => comings(ann).includes('leave bob'))
    expect(comings(ann)).toEqual(['join ann', 'join bob', 'leave bob'])
    expect(comings(bob)).toEqual([])
  })

  test('is told behind the reply that says one is on the channel', async () => {
    const ann = await join('ann', talk, { join_leave: true })
    await waitFor(() => comings(ann).length === 1)
    const [, reply, told] = ann.messages
    expect(reply).toMatchObject({ id: 2, subscribe: { offset: 0 } })
    expect(told).toMatchObject({ push: { channel: talk, join: { info: { user: 'ann' } } } })
  })
})
