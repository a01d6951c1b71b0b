// The promises of docs/ARCHITECTURE.md that the core alone can keep, over random histories.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextBid, stepAt } from './increments.ts'
import type { LotNow } from './lot.ts'
import { history, isAccepted, live, type Passage } from './testing/histories.ts'
import { Reference } from './testing/reference.ts'

const runs = { numRuns: 200 }

/** Checks every history as a whole. */
const inEveryHistory = (check: (passages: Passage[]) => void): void => {
  fc.assert(
    fc.property(history, (lived) => check(live(lived))),
    runs,
  )
}

/** Plays a history beside the reference; both, and the reserves there were so far, are as after the passage. */
const besideReference = (
  check: (passage: Passage, reference: Reference, reserves: readonly number[]) => void,
): void => {
  inEveryHistory((passages) => {
    const reference = new Reference()
    const reserves: number[] = []
    for (const passage of passages) {
      keepUp(reference, passage)
      reserves.push(passage.after.rules.terms.reservePrice ?? 0)
      check(passage, reference, reserves)
    }
  })
}

function keepUp(reference: Reference, passage: Passage): void {
  const { before, after, decision, atMs } = passage
  if (isAccepted(passage, 'place_bid') && decision.type === 'decided') {
    const { command } = passage
    const { reply } = decision
    const applied = 'appliedAmount' in reply ? reply.appliedAmount : undefined
    const amount = applied ?? command.amount
    reference.bid(after.rules, command.actor.userId, amount, command.kind === 'exact')
  }
  if (isAccepted(passage, 'retract_bid')) {
    const remainingMs = (before?.now.endsAtMs ?? 0) - atMs
    const what = remainingMs >= 12 * 3_600_000 ? 'all' : 'latest'
    reference.retract(after.rules, passage.command.actor.userId, what)
  }
  if (isAccepted(passage, 'update_lot')) reference.lowerReserve(after.rules)
}

const events = ({ decision }: Passage) => (decision.type === 'decided' ? decision.events : [])
const wasRetracted = (passage: Passage): boolean => isAccepted(passage, 'retract_bid')

describe('over random histories', () => {
  test('I2: seq counts the events and decisionNo the decisions, both without a gap', () => {
    inEveryHistory((passages) => {
      const recorded = passages.filter(({ decision }) => decision.type === 'decided')
      const decisionNos = recorded.map(({ after }) => after.now.decisionNo)
      expect(decisionNos).toEqual(recorded.map((_, at) => at + 1))
      const seqs = passages.flatMap(events).map(({ seq, now }) => [seq, now.seq])
      expect(seqs).toEqual(seqs.map((_, at) => [at + 1, at + 1]))
      const last = passages.at(-1)
      expect([last?.after.now.decisionNo, last?.after.now.seq]).toEqual([
        recorded.length,
        seqs.length,
      ])
    })
  })

  test('I3: the price never falls but by a retraction, which never raises it', () => {
    inEveryHistory((passages) => {
      for (const passage of passages) {
        const was = passage.before?.now.price ?? 0
        const is = passage.after.now.price ?? 0
        if (wasRetracted(passage)) expect(is).toBeLessThanOrEqual(was)
        else expect(is).toBeGreaterThanOrEqual(was)
      }
    })
  })

  test('I4: one id, one outcome: a repeat hears the first answer and changes nothing', () => {
    inEveryHistory((passages) => {
      const first = new Map<string, Passage>()
      for (const passage of passages) {
        const { command, decision, before, after } = passage
        if (!('commandId' in command)) continue
        const key = `${command.actor.userId} ${command.commandId}`
        const earlier = first.get(key)
        if (earlier === undefined) {
          if (decision.type === 'decided') first.set(key, passage)
          continue
        }
        expect(after).toBe(before)
        if (earlier.decision.type !== 'decided') throw new Error('only decisions are remembered')
        if (decision.type === 'replayed') {
          expect(decision.reply).toEqual({ ...earlier.decision.reply, replayed: true })
        } else {
          expect(decision).toMatchObject({ reply: { code: 'idempotency_mismatch' } })
          expect(command).not.toEqual(earlier.command)
        }
      }
    })
  })

  test('I5: the leader holds the highest maximum, and the earliest at a tie', () => {
    besideReference(({ after }, reference) => {
      expect(after.now.leaderId).toBe(reference.leaderId)
    })
  })

  test('I6: the price is what a naive reckoning over all the maxima gives', () => {
    besideReference(({ after }, reference) => {
      expect(after.now.price).toBe(reference.price)
    })
  })

  test('I6: the price lies between the runner-up’s maximum and what the leader may be asked', () => {
    besideReference(({ after }, reference, reserves) => {
      const { rules, now } = after
      const [highest, second] = reference.maxima
      if (now.price === null) return expect(highest).toBeUndefined()
      const { startPrice } = rules.terms
      const reserve = Math.max(0, ...reserves.filter((amount) => amount <= (highest ?? 0)))
      const beaten =
        second === undefined
          ? startPrice
          : Math.min(highest ?? 0, second + stepAt(rules.increments, second))
      expect(now.price).toBeGreaterThanOrEqual(second ?? startPrice)
      expect(now.price).toBeLessThanOrEqual(highest ?? 0)
      if (!stepsFall(rules.increments)) {
        expect(now.price).toBeLessThanOrEqual(Math.max(beaten, reference.leaderFloor, reserve))
      }
    })
  })

  test('I6: a bid is refused as too low exactly where it is below the amount it is told', () => {
    inEveryHistory((passages) => {
      for (const passage of passages) {
        const { command, decision, before } = passage
        if (command.type !== 'place_bid' || before === undefined) continue
        if (decision.type !== 'decided' || before.rules.terms.grid !== 'free') continue
        const { reply } = decision
        const { rules, now, standings } = before
        const need =
          command.kind === 'proxy' && now.leaderId === command.actor.userId
            ? (standings.get(command.actor.userId)?.max ?? 0) + 1
            : nextBid(rules.increments, rules.terms.startPrice, now.price)
        if (reply.outcome === 'accepted') expect(command.amount).toBeGreaterThanOrEqual(need)
        if (reply.outcome === 'refused' && reply.minAcceptable !== undefined) {
          expect(reply.minAcceptable).toBe(need)
          expect(command.amount).toBeLessThan(need)
        }
      }
    })
  })

  test('I7: the reserve counts as met where there is none or the price has reached it', () => {
    inEveryHistory((passages) => {
      for (const passage of passages) {
        const { now, rules } = passage.after
        const { reservePrice } = rules.terms
        const met = reservePrice === undefined || (now.price !== null && now.price >= reservePrice)
        expect(now.reserveMet).toBe(met)
        if (passage.before?.now.reserveMet === true && !wasRetracted(passage))
          expect(met).toBe(true)
      }
    })
  })

  test('I8: no bid at or after the end is accepted, and none before is refused as closed', () => {
    inEveryHistory((passages) => {
      for (const { command, decision, before, atMs } of passages) {
        if (command.type !== 'place_bid' || decision.type !== 'decided' || !before) continue
        const { reply } = decision
        const inTime = before.now.state === 'open' && atMs < before.now.endsAtMs
        if (reply.outcome === 'accepted') expect(inTime).toBe(true)
        if (reply.outcome === 'refused' && reply.code === 'lot_closed') expect(inTime).toBe(false)
        if (reply.outcome === 'refused') expect(reply.code).not.toBe('lot_not_open')
      }
    })
  })

  test('I9: the end never moves back, and soft close keeps to its window and its caps', () => {
    inEveryHistory((passages) => {
      for (const passage of passages) {
        const was = passage.before?.now ?? passage.after.now
        const is = passage.after.now
        expect(is.endsAtMs).toBeGreaterThanOrEqual(was.endsAtMs)
        if (is.endsAtMs === was.endsAtMs || isAccepted(passage, 'update_lot')) continue
        expectJustified(passage, was, is)
      }
    })
  })

  test('I10: a lot ends once, and as its leader, price and reserve say', () => {
    inEveryHistory((passages) => {
      const endings = passages.flatMap(events).filter(({ now }) => now.result !== null)
      expect(endings).toHaveLength(1)
      const at = passages.findIndex(({ after }) => after.now.result !== null)
      for (const { decision } of passages.slice(at + 1)) {
        if (decision.type === 'decided') expect(decision.reply.outcome).toBe('refused')
      }
      const { before, after, atMs, command } = passages[at] ?? {}
      if (command?.type !== 'close_lot' || !before || !after) return
      expect(atMs).toBeGreaterThanOrEqual(before.now.endsAtMs)
      const { leaderId, leaderAliasNo, price, reserveMet } = before.now
      const sold = leaderId !== null && reserveMet
      expect(after.now.state).toBe(sold ? 'sold' : 'unsold')
      expect(after.now.result).toMatchObject(
        sold
          ? { outcome: 'sold', price, winner: `Bidder ${leaderAliasNo}` }
          : { outcome: 'unsold' },
      )
    })
  })
})

/** An extension has its reason, keeps to the caps and is told by an event. */
function expectJustified(passage: Passage, was: LotNow, is: LotNow): void {
  const { softClose } = passage.after.rules.terms
  if (softClose?.hardCapMs !== undefined) {
    expect(is.endsAtMs).toBeLessThanOrEqual(was.originalEndsAtMs + softClose.hardCapMs)
  }
  const reason = passage.command.type === 'extend_lot' ? 'failover' : 'soft_close'
  if (reason === 'failover') expectGivenBack(passage, was, is)
  else expectBidInWindow(passage, was, is)
  expect(events(passage).at(-1)).toMatchObject({
    type: 'lot_extended',
    detail: { extended: { from: was.endsAtMs, to: is.endsAtMs, reason } },
  })
}

function expectBidInWindow(passage: Passage, was: LotNow, is: LotNow): void {
  const { softClose } = passage.after.rules.terms
  expect(isAccepted(passage, 'place_bid')).toBe(true)
  if (softClose === null) throw new Error('an end moved on a lot without soft close')
  expect(was.endsAtMs - passage.atMs).toBeLessThanOrEqual(softClose.windowMs)
  const { maxExtensions = Infinity } = softClose
  expect(was.extensions).toBeLessThan(maxExtensions)
  expect(is.extensions).toBeLessThanOrEqual(maxExtensions)
}

/** The owner was away in the lot's last moments, and what it gives back is the grace and no more. */
function expectGivenBack({ command, atMs, after }: Passage, was: LotNow, is: LotNow): void {
  if (command.type !== 'extend_lot') throw new Error('nobody came back')
  expect(command.awayFromMs).toBeLessThan(was.endsAtMs)
  const lastMs = after.rules.terms.softClose?.windowMs ?? 10_000
  expect(was.endsAtMs - atMs).toBeLessThan(lastMs)
  expect(is.endsAtMs).toBeLessThanOrEqual(atMs + command.graceMs)
  expect(is).toMatchObject({ extensions: was.extensions, price: was.price })
}

/** With steps that fall as the price rises, a price may stand above what the maxima ask for now. */
function stepsFall(increments: readonly { readonly step: number }[]): boolean {
  return increments.some(({ step }, at) => step < (increments[at - 1]?.step ?? 0))
}
