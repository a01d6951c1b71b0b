import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { settled } from '../../platform/testing/turns.ts'
import type { LotPublication } from '../../protocol/auction.ts'
import type { ChatPublication, ChatSnapshot, ConversationKind } from '../../protocol/chat.ts'
import { jsonCodec } from '../../protocol/codec-json.ts'
import { msgpackCodec } from '../../protocol/codec-msgpack.ts'
import type { Publication } from '../../protocol/frames.ts'
import type { StoredChatEvent } from '../ports/chat-book.ts'
import { lotId } from '../testing/lots.ts'
import { type FakeTalks, saleRoomId, talkId } from '../testing/talks.ts'
import type { RecoverFrom } from './subscriber.ts'
import { Air, type FakeSocket } from './testing/air.ts'

const lot = `lot:${lotId}`
const feed = 'user:ann'

/** What may happen, in any order. Numbers choose among what there is. */
const happening = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant('commit' as const) }) },
  // The bus: any event, new or old, so that they come lost, doubled and in any order.
  { weight: 8, arbitrary: fc.record({ does: fc.constant('tell' as const), which: fc.nat(9) }) },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constant('subscribe' as const), packed: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('leave' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('return' as const), which: fc.nat() }) },
  { weight: 6, arbitrary: fc.record({ does: fc.constant('end_turn' as const) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('settle' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constantFrom('hold', 'open', 'break', 'mend', 'minute') }),
  },
)

/** One channel with its committed events, whichever class it is of. */
interface Stage {
  readonly name: string
  commit(): void
  /** Tells the event that was committed `back` events ago. */
  tell(back: number): void
  readonly committed: number
  /** Looks closer at what a socket was told. */
  check?(socket: FakeSocket): void
}

function lotStage(air: Air): Stage {
  air.streams.openLot(lotId)
  const events = [air.streams.bid(lotId, 1_000)]
  return {
    name: lot,
    commit: () => void events.push(air.streams.bid(lotId, 1_000 + events.length)),
    tell: (back) => air.streams.tellLot(lotId, events.slice(-1 - back).slice(0, 1)),
    get committed() {
      return events.length + 1
    },
  }
}

function feedStage(air: Air): Stage {
  const events = [air.streams.notify('ann')]
  return {
    name: feed,
    commit: () => void events.push(air.streams.notify('ann')),
    tell: (back) => air.streams.tellUser('ann', events.slice(-1 - back).slice(0, 1)),
    get committed() {
      return events.length
    },
  }
}

/** What a message says in the course of its life. */
const texts = ['hello', 'hello there', '']
/** What is committed in a conversation, one after the other. */
const doings: readonly ((talks: FakeTalks, id: string, seq: number) => StoredChatEvent)[] = [
  (talks, id) => talks.say(id, 'bob', texts[0]),
  (talks, id) => talks.say(id, 'cid', texts[0]),
  (talks, id, seq) => talks.change(id, 'bob', seq - 2, 'message_edited', { text: texts[1] ?? '' }),
  (talks, id) => talks.mark(id, 'ann'),
  (talks, id) => talks.say(id, 'ann', texts[0]),
  (talks, id, seq) => talks.delete(id, 'cid', seq - 4),
  (talks, id) => talks.mark(id, 'bob'),
]

const isBobsMark = (seq: number): boolean => seq % doings.length === 0

/** Ann has blocked bob before she came, which hides nothing but his marks where the two talk. */
function chatStage(air: Air, id: string, kind: ConversationKind): Stage {
  const { talks } = air.streams
  talks.open(id, kind)
  talks.block('ann', 'bob')
  const events: StoredChatEvent[] = []
  const commit = (): void => {
    const doing = doings[events.length % doings.length]
    if (doing !== undefined) events.push(doing(talks, id, events.length + 1))
  }
  commit()
  return {
    name: `chat:${id}`,
    commit,
    tell: (back) => talks.tell(id, ...events.slice(-1 - back).slice(0, 1)),
    get committed() {
      return events.length
    },
    check: (socket) => {
      for (const { offset = 0, data } of socket.replies) {
        if (data !== undefined) checkSnapshot(talks, id, offset, data as ChatSnapshot)
      }
      for (const { offset = 0, data } of socket.publications) {
        const { type, seq, at: _at, ...rest } = data as ChatPublication
        const isHidden =
          events[offset - 1]?.actorId === 'bob' && (kind === 'room' || isBobsMark(offset))
        expect(seq).toBe(offset)
        expect(type === 'hidden').toBe(isHidden)
        if (type === 'hidden') expect(rest).toEqual({})
      }
    },
  }
}

/** The state at exactly the offset, but that a message may be told in a state that it got later. */
function checkSnapshot(talks: FakeTalks, id: string, offset: number, told: ChatSnapshot): void {
  const { conversation, messages } = talks.at(id, offset)
  const seen = messages.filter(({ senderId }) => conversation.kind !== 'room' || senderId !== 'bob')
  expect(told.messages.map(({ seq }) => seq)).toEqual(seen.slice(-50).map(({ seq }) => seq))
  expect(told.conversation.lastSeq).toBe(offset)
  expect(told.conversation.lastMessage?.seq).toBe(seen.at(-1)?.seq)
  expect(told.conversation.members).toEqual(conversation.members)
  const { you, unread } = told.conversation
  // Marks are told as they move, so those of the reply are as new as those of the offset.
  const marked = conversation.members.find(({ userId }) => userId === 'ann')
  expect(you?.readSeq ?? Infinity).toBeGreaterThanOrEqual(marked?.readSeq ?? 0)
  if (you !== undefined) expect(unread).toBe(talks.unread(id, 'ann', offset, you.readSeq))
  for (const { seq, text } of told.messages) {
    const then = messages.find((message) => message.seq === seq)
    expect(texts.indexOf(text)).toBeGreaterThanOrEqual(texts.indexOf(then?.text ?? ''))
  }
}

/** Follows what a socket was told, as a client would, and finds every gap and every double. */
function newestOf(socket: FakeSocket, isState: boolean): number | undefined {
  let newest: number | undefined
  const follow = ({ offset = -1, data }: Publication): void => {
    const first = isState ? ((data as LotPublication).fromSeq ?? offset) : offset
    expect(newest).toBeDefined()
    expect(offset).toBeGreaterThan(newest ?? Infinity)
    expect(first).toBeLessThanOrEqual((newest ?? 0) + 1)
    if (isState) expect((data as LotPublication).lot.seq).toBe(offset)
    newest = offset
  }
  for (const each of socket.got) {
    if (Array.isArray(each)) {
      for (const message of each) {
        if ('push' in message && 'pub' in message.push) follow(message.push.pub)
      }
    } else if (isState || each.recovered !== true) {
      // The snapshot; a client is never sent back behind what it has seen.
      const offset = each.offset ?? -1
      expect(offset).toBeGreaterThanOrEqual(newest ?? 0)
      for (const pub of each.publications ?? []) expect(pub.offset).toBeGreaterThanOrEqual(offset)
      newest = each.publications?.at(-1)?.offset ?? offset
    } else {
      for (const pub of each.publications ?? []) follow(pub)
      expect(newest).toBe(each.offset)
    }
  }
  return newest
}

class Play {
  readonly air = new Air()
  readonly stage: Stage
  /** Who is on the channel or about to be. A socket that comes back is another seat. */
  readonly on: { readonly socket: FakeSocket }[] = []
  readonly pending: Promise<unknown>[] = []
  #open: (() => void) | undefined

  constructor(make: (air: Air) => Stage) {
    this.stage = make(this.air)
  }

  hold(): void {
    this.#open ??= this.air.streams.hold()
  }

  open(): void {
    this.#open?.()
    this.#open = undefined
  }

  join(socket: FakeSocket, offset?: number): void {
    const seat = { socket }
    this.on.push(seat)
    const from = offset === undefined ? {} : { recover: true, epoch: 'e', offset }
    this.pending.push(this.#seated(seat, from))
  }

  /** As a client does that is told to try again: it is off the channel. */
  async #seated(seat: { readonly socket: FakeSocket }, from: RecoverFrom): Promise<void> {
    const outcome = await this.air.subscribe(seat.socket, this.stage.name, from)
    if ('error' in outcome && this.on.includes(seat)) this.on.splice(this.on.indexOf(seat), 1)
  }

  leave(which: number): FakeSocket | undefined {
    const [seat] = this.on.splice(which % Math.max(1, this.on.length), 1)
    if (seat !== undefined) this.air.hub.unsubscribe(seat.socket, this.stage.name)
    return seat?.socket
  }

  async finish(): Promise<void> {
    const { air } = this
    air.streams.fault = undefined
    this.open()
    for (let rounds = 0; rounds < 4; rounds += 1) {
      await settled()
      air.endTurn()
      // The next look into the store finds what the bus never told.
      air.clock.advance(61_000)
      await settled()
      air.endTurn()
    }
    await Promise.all(this.pending)
  }
}

describe.each([
  ['a lot', lotStage, true],
  ['a user', feedStage, false],
  ['a conversation', (air: Air) => chatStage(air, talkId, 'direct'), false],
  ['a room with somebody hidden', (air: Air) => chatStage(air, saleRoomId, 'room'), false],
] as const)('I13: on the channel of %s', (_, make, isState) => {
  test('nothing between snapshot and stream is lost or doubled, however the bus and the store behave', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 60, size: 'max' }), async (happenings) => {
        const play = new Play(make)
        const { air, stage } = play
        await air.hub.start()
        const left: FakeSocket[] = []
        for (const each of happenings) {
          if (each.does === 'commit') stage.commit()
          if (each.does === 'tell') stage.tell(each.which)
          if (each.does === 'subscribe') {
            play.join(air.socket('ann', each.packed ? msgpackCodec : jsonCodec))
          }
          if (each.does === 'leave') {
            const socket = play.leave(each.which)
            if (socket !== undefined) left.push(socket)
          }
          if (each.does === 'return') {
            const socket = play.leave(each.which)
            // What was sent before it left is read before it comes back.
            air.endTurn()
            if (socket !== undefined) play.join(socket, newestOf(socket, isState))
          }
          if (each.does === 'end_turn') air.endTurn()
          if (each.does === 'settle') await settled()
          if (each.does === 'hold') play.hold()
          if (each.does === 'open') play.open()
          // Deadlines pass, idle channels close, the others look into the store.
          if (each.does === 'minute') air.clock.advance(61_000)
          if (each.does === 'break') air.streams.fault = new Error('down')
          if (each.does === 'mend') air.streams.fault = undefined
        }
        await play.finish()
        for (const { socket } of play.on) {
          expect(newestOf(socket, isState)).toBe(stage.committed)
          stage.check?.(socket)
        }
        for (const socket of left) {
          newestOf(socket, isState)
          stage.check?.(socket)
          expect(socket.topics.size).toBe(0)
        }
        expect(await air.presence.counts(stage.name)).toMatchObject({ clients: play.on.length })
        await air.hub.stop()
        expect(air.streams.listeners(stage.name.slice(stage.name.indexOf(':') + 1))).toBe(0)
      }),
      { numRuns: 400 },
    )
  })
})
