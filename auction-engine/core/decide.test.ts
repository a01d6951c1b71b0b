import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { BidKind } from '../../protocol/auction.ts'
import { PlaceBid, RetractBid, UpdateLot } from '../../protocol/auction-requests.ts'
import type { EngineCommand } from '../../protocol/engine.ts'
import { ROLES } from '../../protocol/identity.ts'
import { decide } from './decide.ts'
import type { LotCommand } from './decision.ts'
import { evolve } from './evolve.ts'
import { fingerprintOf } from './fingerprint.ts'
import { history, live, lotTerms } from './testing/histories.ts'
import { lotId, spokenBy, termsOf } from './testing/words.ts'

const base = fc.record({
  lotId: fc.constant(lotId),
  commandId: fc.uuid(),
  actor: fc.record({
    userId: fc.constantFrom('ann', 'bob', 'seller', 'eve'),
    roles: fc.subarray([...ROLES]),
  }),
})
const wildAmount = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.maxSafeInteger(),
  fc.constantFrom(-0, 0, 1, 0.5, 10 ** 15, 10 ** 15 + 1, 2 ** 53, Number.MAX_VALUE),
)
const wildTime = fc.integer({ min: 0, max: 8_640_000_000_000_000 })

/** Any command whose parameters the protocol's schemas let through. */
const wildCommand: fc.Arbitrary<LotCommand> = fc.oneof(
  fc
    .tuple(base, fc.constantFrom(...BidKind.options), wildAmount, fc.string({ maxLength: 8 }))
    .map(([who, kind, amount, currency]): EngineCommand => {
      const { commandId: clientBidId } = who
      PlaceBid.parse({ lotId, clientBidId, kind, amount, currency })
      return { ...who, type: 'place_bid', kind, amount, currency }
    }),
  fc.tuple(base, fc.uuid()).map(([who, clientBidId]): EngineCommand => {
    const { reason } = RetractBid.parse({ lotId, clientBidId, reason: 'typing_error' })
    return { ...who, type: 'retract_bid', clientBidId, reason }
  }),
  fc
    .tuple(base, fc.option(fc.integer({ min: 1, max: 10 ** 15 })), wildTime, fc.string())
    .map(([who, reservePrice, endsAt, description]): EngineCommand => {
      const { lotId: _, ...changes } = UpdateLot.parse({ lotId, reservePrice, endsAt, description })
      return { ...who, type: 'update_lot', changes }
    }),
  fc
    .tuple(
      base,
      fc.constantFrom('publish_lot' as const, 'withdraw_lot' as const, 'cancel_lot' as const),
    )
    .map(([who, type]): EngineCommand => ({ ...who, type })),
  fc
    .tuple(base, lotTerms)
    .map(([who, terms]): EngineCommand => ({ ...who, type: 'create_lot', terms })),
  fc.constant<LotCommand>({ type: 'open_lot', lotId }),
  wildTime.map((targetEndsAtMs): LotCommand => ({ type: 'close_lot', lotId, targetEndsAtMs })),
  fc
    .tuple(wildTime, wildTime)
    .map(
      ([awayFromMs, graceMs]): LotCommand => ({ type: 'extend_lot', lotId, awayFromMs, graceMs }),
    ),
)

test('I16: whatever passes the schemas is answered, on every lot and at every instant', () => {
  fc.assert(
    fc.property(history, fc.nat(), wildCommand, wildTime, (lived, at, command, admittedAtMs) => {
      const passages = live(lived)
      const { after: lot, decision: other } = passages[at % passages.length] ?? {}
      const earlier = other?.type === 'decided' ? other : undefined
      for (const remembered of [undefined, earlier]) {
        const decision = decide(lot, command, admittedAtMs, remembered)
        expect(decide(undefined, command, admittedAtMs, remembered)).toBeDefined()
        if (decision.type === 'dropped') expect(command).not.toHaveProperty('actor')
        else expect(['accepted', 'refused']).toContain(decision.reply.outcome)
        if (decision.type !== 'decided') continue
        expect(decision.fingerprint).toBe(fingerprintOf(command))
        const next = evolve(lot, decision)
        expect(next.now.admittedAtMs).toBe(Math.max(admittedAtMs, lot?.now.admittedAtMs ?? 0))
      }
    }),
    { numRuns: 300 },
  )
})

test('the first decision of a lot must be its creation: anything else is a fault of ours', () => {
  const terms = termsOf(['start', '1000'])
  const create = { ...spokenBy('seller', 'create'), type: 'create_lot', terms } as const
  const created = decide(undefined, create, 0, undefined)
  if (created.type !== 'decided') throw new Error('nothing was created')
  const { rules: _, ...withoutRules } = created
  expect(() => evolve(undefined, withoutRules)).toThrow('must bring its rules')
})
