// Every cell of the table, once as it stands and once as `decide` keeps to it.
import { describe, expect, test } from 'vitest'
import { LOT_STATES, type LotState } from '../../protocol/auction.ts'
import { decide } from './decide.ts'
import { isOfTime, type LotCommand } from './decision.ts'
import type { Lot } from './lot.ts'
import { standingsFromRows } from './standings.ts'
import { lotId, spokenBy, termsOf } from './testing/words.ts'
import { TRANSITIONS } from './transitions.ts'

const terms = termsOf(['start', '1000', 'until', '60'])
const by = spokenBy

/** A command of each type which nothing but the lot's state could stand against. */
const COMMANDS: { readonly [T in LotCommand['type']]: Extract<LotCommand, { type: T }> } = {
  create_lot: { ...by('seller', 'c'), type: 'create_lot', terms },
  update_lot: { ...by('seller', 'c'), type: 'update_lot', changes: { title: 'Another' } },
  publish_lot: { ...by('seller', 'c'), type: 'publish_lot' },
  withdraw_lot: { ...by('seller', 'c'), type: 'withdraw_lot' },
  cancel_lot: { ...by('service', 'c'), type: 'cancel_lot' },
  // A service sees drafts, and is nobody’s seller.
  place_bid: {
    ...by('service', 'c'),
    type: 'place_bid',
    kind: 'proxy',
    amount: 5_000,
    currency: 'USD',
  },
  retract_bid: {
    ...by('service', 'c'),
    type: 'retract_bid',
    clientBidId: 'none',
    reason: 'typing_error',
  },
  open_lot: { type: 'open_lot', lotId },
  close_lot: { type: 'close_lot', lotId, targetEndsAtMs: 60_000 },
  extend_lot: { type: 'extend_lot', lotId, awayFromMs: 0, graceMs: 15_000 },
}
const types = Object.keys(COMMANDS) as LotCommand['type'][]

function lotIn(state: LotState, withBid: boolean): Lot {
  const created = decide(undefined, COMMANDS.create_lot, 0, undefined)
  if (created.type !== 'decided' || created.rules === undefined)
    throw new Error('no lot was created')
  const lead = withBid ? { price: 1_000, leaderId: 'ann', leaderAliasNo: 1 } : {}
  const seq = state === 'draft' ? 0 : 2
  const row = { max: 2_000, rank: 3, floor: 0, aliasNo: 1, bidderId: 'ann', commandId: 'b' }
  const rows = withBid ? [{ ...row, command: 'place_bid' as const, admittedAtMs: 0 }] : []
  return {
    rules: created.rules,
    now: { ...created.now, state, seq, ...lead },
    standings: standingsFromRows(created.rules, rows),
  }
}

describe.each(LOT_STATES)('a lot that is %s', (state) => {
  test.each(types)('%s is answered as the table says', (type) => {
    const verdict = TRANSITIONS[state][type]
    const lot = lotIn(state, type === 'cancel_lot')
    const atMs = type === 'close_lot' || type === 'extend_lot' ? 60_000 : 0
    const decision = decide(lot, COMMANDS[type], atMs, undefined)
    if (verdict === 'dropped') {
      expect(decision).toEqual({ type: 'dropped' })
    } else if (verdict === 'allowed') {
      expect(decision.type).toBe('decided')
      expect(decision).not.toMatchObject({ reply: { code: expect.stringMatching(/^lot_/) } })
    } else {
      const reply = { outcome: 'refused', code: verdict }
      expect(decision).toMatchObject({ type: 'decided', reply, events: [] })
    }
  })
})

test('commands on a lot that does not exist find nothing, and time drops', () => {
  for (const type of types) {
    const decision = decide(undefined, COMMANDS[type], 0, undefined)
    if (type === 'create_lot') expect(decision.type).toBe('decided')
    else if (isOfTime(COMMANDS[type])) expect(decision.type).toBe('dropped')
    else expect(decision).toMatchObject({ type: 'unrecorded', reply: { code: 'lot_not_found' } })
  }
})

test('whoever may not sell creates no lot', () => {
  const command = { ...COMMANDS.create_lot, ...by('ann', 'c') }
  const reply = { outcome: 'refused', code: 'not_permitted' }
  expect(decide(undefined, command, 0, undefined)).toMatchObject({ type: 'unrecorded', reply })
})
