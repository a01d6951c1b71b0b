// What the witnesses make of what devices hear: the same rules as the judge's, but told by frames.
import { describe, expect, test } from 'vitest'
import type { Rule } from '../../history/violation.ts'
import type { LotPublication, LotView } from '../../protocol/auction.ts'
import type { Publication } from '../../protocol/frames.ts'
import { LotWitness } from './lot-witness.ts'
import { StreamWitness } from './stream-witness.ts'

const lotId = '01890000-0000-7000-8000-000000000001'
const lot = `lot:${lotId}`
const [ann, bob] = [{ nth: 0 }, { nth: 1 }]

const viewAt = (seq: number, price = seq): LotView => ({ lotId, seq, price }) as LotView
const stateAt = (seq: number, said: Partial<LotPublication> = {}): Publication => ({
  offset: seq,
  data: { type: 'bid_accepted', lot: viewAt(seq), ...said },
})
const snapshotAt = (seq: number) => ({ offset: seq, data: { lot: viewAt(seq), bids: [] } })

const chat = 'chat:c'
const messageAt = (offset: number, messageId = `m${offset}`): Publication => ({
  offset,
  data: { type: 'message_created', message: { messageId } },
})

function rulesOf(witness: LotWitness | StreamWitness): Rule[] {
  const { violations, count } = witness.account()
  expect(count).toBe(violations.length)
  return violations.map(({ rule }) => rule)
}

function endsOf(witness: LotWitness | StreamWitness, stream: string) {
  return witness.account().streams.find((account) => account.stream === stream)?.ends
}

describe('the witness of a lot', () => {
  test('follows each watcher from its snapshot, state by state', () => {
    const witness = new LotWitness()
    const { subscribed, published } = witness.observer
    subscribed(ann, lot, snapshotAt(3))
    subscribed(bob, lot, snapshotAt(4))
    published(ann, lot, stateAt(4))
    published(ann, lot, stateAt(5))
    published(bob, lot, stateAt(5))
    expect(rulesOf(witness)).toEqual([])
    expect(endsOf(witness, lotId)).toEqual([[5, 2]])
  })

  test('lets a state stand for those before it where it says so, and only as far', () => {
    const witness = new LotWitness()
    const { subscribed, published } = witness.observer
    subscribed(ann, lot, snapshotAt(1))
    published(ann, lot, stateAt(6, { fromSeq: 2 }))
    expect(rulesOf(witness)).toEqual([])
    published(ann, lot, stateAt(9, { fromSeq: 8 }))
    expect(rulesOf(witness)).toEqual(['hole'])
  })

  test('begins anew with the newest state of a reply, but never before what was heard', () => {
    const witness = new LotWitness()
    const { subscribed } = witness.observer
    subscribed(ann, lot, snapshotAt(1))
    subscribed(ann, lot, { ...snapshotAt(7), publications: [stateAt(8)] })
    expect(rulesOf(witness)).toEqual([])
    expect(endsOf(witness, lotId)).toEqual([[8, 1]])
    subscribed(ann, lot, snapshotAt(2))
    expect(rulesOf(witness)).toEqual(['back_in_time'])
  })

  test('finds states of a reply that are told twice, backwards, or with a hole between them', () => {
    for (const [told, rule] of [
      [[stateAt(8), stateAt(8)], 'back_in_time'],
      [[stateAt(8), stateAt(7)], 'back_in_time'],
      [[stateAt(8), stateAt(10)], 'hole'],
      [[stateAt(6)], 'back_in_time'],
    ] as const) {
      const witness = new LotWitness()
      witness.observer.subscribed(ann, lot, { ...snapshotAt(7), publications: told })
      expect(rulesOf(witness)).toEqual([rule])
    }
  })

  test('goes on where it was by a reply that has nothing for it', () => {
    const witness = new LotWitness()
    const { subscribed, published } = witness.observer
    subscribed(ann, lot, snapshotAt(3))
    subscribed(ann, lot, { was_recovering: true, recovered: true, offset: 3 })
    published(ann, lot, stateAt(4))
    expect(rulesOf(witness)).toEqual([])
  })

  test('hears that two watchers were told of two prices', () => {
    const witness = new LotWitness()
    const { subscribed, published } = witness.observer
    subscribed(ann, lot, snapshotAt(1))
    subscribed(bob, lot, snapshotAt(1))
    published(ann, lot, stateAt(2))
    published(bob, lot, stateAt(2, { lot: viewAt(2, 1_000) }))
    expect(rulesOf(witness)).toEqual(['told_otherwise'])
  })

  test('follows the feed of its owner as a stream of its own', () => {
    const witness = new LotWitness()
    const { subscribed, published } = witness.observer
    const feed = 'user:ann'
    subscribed(ann, feed, { offset: 0, epoch: 'e' })
    published(ann, feed, { offset: 1, data: { seq: 1, type: 'outbid', lotId } })
    published(ann, feed, { offset: 3, data: { seq: 3, type: 'outbid', lotId } })
    expect(rulesOf(witness)).toEqual(['hole'])
    expect(endsOf(witness, feed)).toEqual([[3, 1]])
  })
})

describe('the witness of a conversation', () => {
  test('has what was recovered in its place, and what is of the moment in none', () => {
    const witness = new StreamWitness()
    witness.subscribed(ann, chat, { offset: 2 })
    witness.published(ann, chat, messageAt(3))
    witness.published(ann, chat, { data: { type: 'typing' } })
    const publications = [messageAt(4), messageAt(5)]
    const back = { was_recovering: true, recovered: true, offset: 5 }
    witness.subscribed(ann, chat, { ...back, publications })
    witness.published(ann, chat, messageAt(6))
    expect(rulesOf(witness)).toEqual([])
    expect(endsOf(witness, 'c')).toEqual([[6, 1]])
  })

  test('finds a recovery that is not whole, and one that brings what was heard', () => {
    const witness = new StreamWitness()
    witness.subscribed(ann, chat, { offset: 2 })
    const back = { was_recovering: true, recovered: true, offset: 5 }
    witness.subscribed(ann, chat, { ...back, publications: [messageAt(4), messageAt(5)] })
    expect(rulesOf(witness)).toEqual(['hole'])
    witness.subscribed(ann, chat, { ...back, publications: [messageAt(5)] })
    expect(rulesOf(witness)).toEqual(['hole', 'back_in_time'])
  })

  test('finds that a reply goes further than what it brings, or begins anew', () => {
    for (const reply of [
      { was_recovering: true, recovered: true, publications: [messageAt(3)], offset: 4 },
      { was_recovering: true, recovered: false, offset: 4 },
      { offset: 4 },
    ]) {
      const witness = new StreamWitness()
      witness.subscribed(ann, chat, { offset: 2 })
      witness.subscribed(ann, chat, reply)
      expect(rulesOf(witness)).toEqual(['hole'])
      witness.published(ann, chat, messageAt(5))
      expect(rulesOf(witness)).toEqual(['hole'])
    }
  })

  test('does not compare what is hidden from one with what another one sees', () => {
    const witness = new StreamWitness()
    for (const device of [ann, bob]) witness.subscribed(device, chat, { offset: 0 })
    witness.published(ann, chat, messageAt(1))
    witness.published(bob, chat, { offset: 1, data: { type: 'hidden' } })
    expect(rulesOf(witness)).toEqual([])
    witness.published(ann, chat, messageAt(2))
    witness.published(bob, chat, messageAt(2, 'another'))
    expect(rulesOf(witness)).toEqual(['told_otherwise'])
  })
})
