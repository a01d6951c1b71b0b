import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { uuidv7 } from '../../platform/ids.ts'
import { heldCommits, settled } from '../../platform/testing/turns.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import type { ChatOutcome } from '../../protocol/chat.ts'
import type { ConversationCommand } from '../../protocol/chat-store.ts'
import { conflictsMax, defaultLimits, giveWayMsMax } from '../limits.ts'
import { actor, mark, offer, open, roomTerms, say } from '../testing/commands.ts'
import { ChatRoom, type StoreSettings } from '../testing/running-store.ts'
import type { ChatStore } from './chat-store.ts'

let room: ChatRoom
let stores: ChatStore[]

beforeEach(() => {
  room = new ChatRoom()
  stores = []
})
afterEach(async () => {
  for (const store of stores) await store.stop()
  expect(room.clock.pending, 'no timer is left behind').toBe(0)
})

async function start(settings?: StoreSettings): Promise<ChatStore> {
  const store = await room.store(settings)
  stores.push(store)
  return store
}

/** Before so many of the next commits, another store is faster. */
function othersAreFaster(conversationId: string, times: number): void {
  let left = times
  room.chat.fault = () => {
    if (left > 0) room.chat.raiseVersion(conversationId)
    left -= 1
    return undefined
  }
}

function codes(outcomes: readonly ChatOutcome[]): string[] {
  return outcomes.map((each) => (each.outcome === 'accepted' ? 'accepted' : each.code))
}

function seqs(conversationId: string): number[] {
  return room.chat.told(conversationId).map(({ seq }) => seq)
}

function texts(conversationId: string): (string | undefined)[] {
  return room.chat.told(conversationId).map(({ publication }) => publication.message?.text)
}

describe('a message', () => {
  test('I1: is answered after its commit, and told to the members', async () => {
    await start()
    const conversationId = await room.opened()
    const heard = await room.watch(conversationId)
    const commits = heldCommits(room.chat)
    let outcome: ChatOutcome | undefined
    const saying = (async () => {
      outcome = await room.say(conversationId, 'bea', 'Is it new?')
    })()
    await settled()
    expect(outcome).toBeUndefined()
    expect(heard).toEqual([])
    commits.release()
    await saying
    expect(outcome).toMatchObject({ outcome: 'accepted', seq: 1 })
    await waitFor(() => heard.length > 0)
    expect(heard).toHaveLength(1)
    expect(heard[0]).toMatchObject({
      conversationId,
      events: [{ seq: 1, actorId: 'bea', publication: { message: { text: 'Is it new?' } } }],
    })
  })

  test('waits for the commit under way; those that wait are one batch, told in one piece', async () => {
    await start({ limits: { lanes: 1 } })
    const conversationId = await room.opened()
    const elsewhere = await room.opened()
    const heard = await room.watch(conversationId)
    const before = room.chat.batches.length
    const commits = heldCommits(room.chat)
    const first = room.say(conversationId, 'bea', 'first')
    await settled()
    const others = Array.from({ length: 40 }, (_, nth) =>
      room.say(nth % 2 === 0 ? conversationId : elsewhere, 'sam', `number ${nth}`),
    )
    await settled()
    commits.release()
    await Promise.all([first, ...others])
    const sizes = room.chat.batches
      .slice(before)
      .map(({ changes }) => changes.map(({ events }) => events.length))
    expect(sizes).toEqual([[1], [20, 20]])
    await settled()
    expect(heard).toMatchObject([{ events: { length: 1 } }, { events: { length: 20 } }])
    expect(seqs(conversationId)).toEqual(Array.from({ length: 21 }, (_, nth) => nth + 1))
  })

  test('that is refused leaves nothing to be stored', async () => {
    await start()
    const conversationId = await room.opened()
    const before = room.chat.batches.length
    expect(await room.say(conversationId, 'eve', 'Let me in')).toMatchObject({ code: 'not_member' })
    expect(await room.say(uuidv7(), 'bea', 'Anybody?')).toMatchObject({ code: 'not_member' })
    expect(room.chat.batches).toHaveLength(before)
  })
})

describe('I4: one id, one outcome', () => {
  test('I4: repeats in one batch, in a later one and after a restart get the first answer', async () => {
    const first = await start()
    const conversationId = await room.opened()
    const message = say(conversationId, 'bea', 'Is it new?')
    const [answer, twin] = await Promise.all([room.ask(message), room.ask(message)])
    const later = await room.ask({ ...message, messageId: uuidv7() })
    await first.stop()
    await start()
    const afterwards = await room.ask(message)
    expect(answer).toMatchObject({ outcome: 'accepted', seq: 1 })
    for (const repeat of [twin, later, afterwards]) {
      expect(repeat).toMatchObject({
        outcome: 'accepted',
        messageId: message.messageId,
        seq: 1,
        replayed: true,
      })
    }
    expect(seqs(conversationId)).toEqual([1])
  })

  test('I4: the same id with other contents is refused', async () => {
    await start()
    const conversationId = await room.opened()
    const message = say(conversationId, 'bea', 'Is it new?')
    await room.ask(message)
    const other = { ...message, content: { ...message.content, text: 'Is it old?' } }
    expect(await room.ask(other)).toMatchObject({ code: 'idempotency_mismatch' })
  })
})

describe('a commit that fails', () => {
  test('I1: whose answer is lost is found to be stored, and acknowledged once', async () => {
    await start()
    const conversationId = await room.opened()
    const faults = ['lost_after', 'lost_before', undefined] as const
    let nth = 0
    room.chat.fault = () => faults[nth++]
    const saying = room.say(conversationId, 'bea', 'Is it new?')
    await room.clock.advanceAsync(1_000)
    expect(await saying).toMatchObject({ outcome: 'accepted', seq: 1 })
    expect(nth).toBe(3)
    expect(seqs(conversationId)).toEqual([1])
  })

  test.each([
    ['in doubt to the end', 'lost_after', 'outcome_unknown', true],
    ['never sent', 'refused', 'overloaded', false],
  ] as const)(
    '%s is told as it is, and the id tells the truth later',
    async (_, fault, code, isStored) => {
      await start()
      const conversationId = await room.opened()
      const message = say(conversationId, 'bea', 'Is it new?')
      room.chat.fault = () => fault
      const asking = room.ask(message)
      await room.clock.advanceAsync(5_000)
      expect(await asking).toMatchObject({ code, clientMessageId: message.clientMessageId })
      room.chat.fault = () => undefined
      const again = await room.ask(message)
      expect(again).toMatchObject({ outcome: 'accepted', seq: 1 })
      expect('replayed' in again).toBe(isStored)
      expect(seqs(conversationId)).toEqual([1])
    },
  )

  test('I1: what a store committed and did not live to answer or tell, the next one does', async () => {
    const dying = await start()
    const conversationId = await room.opened()
    const heard = await room.watch(conversationId)
    const message = say(conversationId, 'bea', 'Is it new?')
    room.chat.fault = () => 'lost_after'
    const asking = room.ask(message)
    await settled()
    await dying.stop()
    expect(await asking).toMatchObject({ code: 'outcome_unknown' })
    room.chat.fault = () => undefined
    expect(heard).toEqual([])
    await start()
    await settled()
    expect(heard).toMatchObject([{ events: [{ seq: 1 }] }])
    expect(await room.ask(message)).toMatchObject({ outcome: 'accepted', seq: 1, replayed: true })
  })
})

describe('a conversation that somebody else changes meanwhile', () => {
  test('I19: is read and decided upon anew, others of the batch unharmed', async () => {
    await start({ limits: { lanes: 1 } })
    const contended = await room.opened()
    const quiet = await room.opened()
    othersAreFaster(contended, 3)
    const outcomes = await Promise.all([
      room.say(contended, 'bea', 'one'),
      room.say(quiet, 'bea', 'elsewhere'),
      room.say(contended, 'sam', 'two'),
    ])
    expect(codes(outcomes)).toEqual(['accepted', 'accepted', 'accepted'])
    expect(texts(contended)).toEqual(['one', 'two'])
    expect(texts(quiet)).toEqual(['elsewhere'])
  })

  test('time and again turns its commands away, and nothing of them is stored', async () => {
    await start()
    const conversationId = await room.opened()
    othersAreFaster(conversationId, conflictsMax + 1)
    expect(await room.say(conversationId, 'bea', 'one')).toMatchObject({
      code: 'overloaded',
      retryAfterMs: expect.any(Number),
    })
    expect(seqs(conversationId)).toEqual([])
    const later = room.say(conversationId, 'bea', 'two')
    await room.clock.advanceAsync(giveWayMsMax)
    expect(await later).toMatchObject({ seq: 1 })
  })

  test('gets a pause from whoever met another there, so that each has its turn', async () => {
    await start({ limits: { lanes: 1 } })
    const conversationId = await room.opened()
    othersAreFaster(conversationId, 1)
    expect(await room.say(conversationId, 'bea', 'one')).toMatchObject({ seq: 1 })
    const waiting = room.say(conversationId, 'bea', 'two')
    await settled()
    expect(seqs(conversationId)).toEqual([1])
    await room.clock.advanceAsync(giveWayMsMax)
    expect(await waiting).toMatchObject({ seq: 2 })
  })

  test('I19: by a second store at work gets no gap and no double', async () => {
    await start({ limits: { lanes: 1, batchCommandsMax: 5 } })
    await start({ limits: { lanes: 1, batchCommandsMax: 3 } })
    const conversationId = await room.opened()
    // The bus gives the stores their turns; both meet on the same conversation.
    const asked = Array.from({ length: 60 }, (_, nth) =>
      say(conversationId, nth % 2 === 0 ? 'bea' : 'sam', `number ${nth}`),
    )
    const asking = Promise.all(asked.map((command) => room.ask(command)))
    // Time for the pauses in which one gives way to the other.
    for (let pauses = 0; pauses < asked.length; pauses += 1) {
      await room.clock.advanceAsync(giveWayMsMax)
    }
    const outcomes = await asking
    const accepted = outcomes.filter(({ outcome }) => outcome === 'accepted')
    expect(accepted.length).toBeGreaterThan(0)
    expect(seqs(conversationId)).toEqual(accepted.map((_, nth) => nth + 1))
  })
})

describe('what can not be dealt with', () => {
  const poisons: readonly (readonly [string, (conversationId: string) => ConversationCommand])[] = [
    [
      'stored',
      (conversationId) => ({
        type: 'update_membership',
        conversationId,
        actor: actor('sam'),
        changes: { draft: 'a secret\0' },
      }),
    ],
    [
      'understood',
      (conversationId) =>
        ({ type: 'sing', conversationId, actor: actor('sam') }) as unknown as ConversationCommand,
    ],
  ]

  test.each(poisons)('I16: a command that can not be %s harms nobody else', async (_, poison) => {
    await start({ limits: { lanes: 1 } })
    const conversationId = await room.opened()
    const elsewhere = await room.opened()
    const outcomes = await Promise.all([
      room.say(conversationId, 'bea', 'before'),
      room.say(elsewhere, 'bea', 'elsewhere'),
      room.ask(poison(conversationId)),
      room.say(conversationId, 'bea', 'after'),
    ])
    expect(codes(outcomes)).toEqual(['accepted', 'accepted', 'internal', 'accepted'])
    expect(outcomes[2]).toMatchObject({ incidentId: expect.any(String) })
    expect(texts(conversationId)).toEqual(['before', 'after'])
    expect(room.logged.join('')).not.toContain('a secret')
  })

  test('I16: a conversation that can not be read harms no other', async () => {
    await start({ limits: { lanes: 1 } })
    const broken = await room.opened()
    const whole = await room.opened()
    room.chat.beforeRead = (wanted) => {
      if (wanted.some(({ conversationId }) => conversationId === broken)) {
        throw new TypeError('a row that is no conversation')
      }
    }
    const outcomes = await Promise.all([
      room.say(whole, 'bea', 'one'),
      room.say(broken, 'bea', 'lost'),
      room.say(whole, 'sam', 'two'),
    ])
    expect(codes(outcomes)).toEqual(['accepted', 'internal', 'accepted'])
    expect(texts(whole)).toEqual(['one', 'two'])
  })
})

describe('a database that is away', () => {
  test('for a moment is waited for', async () => {
    await start()
    const conversationId = await room.opened()
    let failures = 2
    room.chat.beforeRead = () => {
      failures -= 1
      if (failures >= 0) throw new Error('away')
    }
    const saying = room.say(conversationId, 'bea', 'Is it new?')
    await room.clock.advanceAsync(800)
    expect(await saying).toMatchObject({ outcome: 'accepted' })
  })

  test('for longer turns everybody away, and they are taken again afterwards', async () => {
    await start({ limits: { lanes: 1 } })
    const conversationId = await room.opened()
    room.chat.beforeRead = () => {
      throw new Error('away')
    }
    const waiting = ['one', 'two'].map((text) => room.say(conversationId, 'bea', text))
    await room.clock.advanceAsync(3_000)
    expect(codes(await Promise.all(waiting))).toEqual(['overloaded', 'overloaded'])
    room.chat.beforeRead = () => {}
    expect(await room.say(conversationId, 'bea', 'three')).toMatchObject({ seq: 1 })
  })
})

test('a command that would wait too long is turned away at once, and told when to return', async () => {
  await start({ limits: { lanes: 1 } })
  const conversationId = await room.opened()
  const commits = heldCommits(room.chat)
  const underWay = room.say(conversationId, 'bea', 'one')
  await settled()
  const waiting = room.say(conversationId, 'bea', 'two')
  await settled()
  await room.clock.advanceAsync(defaultLimits.inboxWaitMsMax + 1)
  const late = await room.say(conversationId, 'bea', 'three')
  expect(late).toMatchObject({ code: 'overloaded', retryable: true })
  expect('retryAfterMs' in late && late.retryAfterMs).toBeGreaterThan(defaultLimits.inboxWaitMsMax)
  commits.release()
  expect(codes(await Promise.all([underWay, waiting]))).toEqual(['accepted', 'accepted'])
})

describe('time', () => {
  test('I22: ends an offer when it is over, and everybody is told', async () => {
    await start()
    const conversationId = await room.opened()
    const heard = await room.watch(conversationId)
    await room.ask(offer(conversationId, 'bea', 5_000, room.clock.nowMs() + 10_000))
    await room.clock.advanceAsync(9_999)
    expect(heard).toHaveLength(1)
    await room.clock.advanceAsync(500)
    expect(heard).toHaveLength(2)
    expect(heard[1]).toMatchObject({
      events: [
        {
          seq: 2,
          publication: { type: 'offer_changed', message: { offer: { state: 'expired' } } },
        },
      ],
    })
  })

  test('tells the newest marks once, where several came within a second', async () => {
    await start()
    const conversationId = await room.opened()
    for (const text of ['one', 'two', 'three']) await room.say(conversationId, 'bea', text)
    const heard = await room.watch(conversationId)
    for (const read of [1, 2, 3]) await room.ask(mark(conversationId, 'sam', { read }))
    await room.clock.advanceAsync(0)
    expect(heard).toMatchObject([{ events: [{ publication: { receipt: { readSeq: 1 } } }] }])
    await room.clock.advanceAsync(1_500)
    expect(heard).toHaveLength(2)
    expect(heard[1]).toMatchObject({
      events: [
        { seq: 5, publication: { type: 'receipt', receipt: { userId: 'sam', readSeq: 3 } } },
      ],
    })
  })

  test('passes for several stores as for one', async () => {
    await start()
    await start()
    const conversationId = await room.opened()
    await room.ask(offer(conversationId, 'bea', 5_000, room.clock.nowMs() + 10_000))
    await room.clock.advanceAsync(12_000)
    expect(seqs(conversationId)).toEqual([1, 2])
  })
})

describe('the end', () => {
  test('a drain takes nothing new, answers what was taken, and marks what was told', async () => {
    const store = await start()
    const conversationId = await room.opened()
    const commits = heldCommits(room.chat)
    const taken = [room.say(conversationId, 'bea', 'one')]
    await settled()
    taken.push(room.say(conversationId, 'bea', 'two'))
    await settled()
    const draining = store.drain(AbortSignal.timeout(10_000))
    await expect(room.say(conversationId, 'bea', 'three')).rejects.toThrow('nobody serves')
    commits.release()
    expect(codes(await Promise.all(taken))).toEqual(['accepted', 'accepted'])
    await draining
    expect(await room.chat.outbox().oldestUnpublishedMs()).toBeUndefined()
  })

  test('a drain that takes too long is given up', async () => {
    const store = await start()
    const conversationId = await room.opened()
    const commits = heldCommits(room.chat)
    const saying = room.say(conversationId, 'bea', 'one')
    await settled()
    const impatience = new AbortController()
    const draining = store.drain(impatience.signal)
    impatience.abort(new Error('too long'))
    await expect(draining).rejects.toThrow('too long')
    commits.release()
    await saying
  })

  test('whoever waits when a store stops is told so', async () => {
    const store = await start({ limits: { lanes: 1 } })
    const conversationId = await room.opened()
    const commits = heldCommits(room.chat)
    const underWay = room.say(conversationId, 'bea', 'one')
    await settled()
    const waiting = room.say(conversationId, 'bea', 'two')
    await settled()
    await store.stop()
    expect(await waiting).toMatchObject({ code: 'overloaded' })
    commits.release()
    await underWay
  })
})

test('what is done is counted by what it was and what came of it', async () => {
  await start({ limits: { lanes: 1 } })
  const conversationId = await room.opened(roomTerms())
  await room.say(conversationId, 'eve', 'Hello')
  await room.say(conversationId, 'eve', '')
  await room.ask(open(conversationId))
  const commands = await room.metrics[0]?.getSingleMetric('outcry_chat_commands_total')?.get()
  const counted = commands?.values.map(({ labels, value }) => [
    labels['type'],
    labels['outcome'],
    value,
  ])
  expect(counted).toContainEqual(['send_message', 'accepted', 1])
  expect(counted).toContainEqual(['send_message', 'text_empty', 1])
  expect(await room.metrics[0]?.getSingleMetric('outcry_chat_commits_total')?.get()).toMatchObject({
    values: [{ labels: { result: 'done' } }],
  })
})
