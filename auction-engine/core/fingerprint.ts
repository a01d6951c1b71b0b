// What a command says, apart from who says it and under which id: two commands with the same id must
// have the same fingerprint. It is JSON, so that the fields which differ can be named.
import type { LotCommand } from './decision.ts'

/** The canonical text of the command's contents. It holds secret amounts: for the store only. */
export function fingerprintOf(command: LotCommand): string {
  switch (command.type) {
    case 'place_bid': {
      // The confirm token is left out: a bid is repeated with it, not changed by it. Written by hand,
      // since this is made for every bid.
      const currency = JSON.stringify(command.currency)
      return `{"type":"place_bid","kind":"${command.kind}","amount":${command.amount},"currency":${currency}}`
    }
    case 'retract_bid':
      return JSON.stringify({
        type: command.type,
        clientBidId: command.clientBidId,
        reason: command.reason,
      })
    case 'create_lot':
      return JSON.stringify({ type: command.type, ...command.terms }, sortedKeys)
    case 'update_lot':
      return JSON.stringify({ type: command.type, ...command.changes }, sortedKeys)
    case 'withdraw_lot':
    case 'cancel_lot':
      return JSON.stringify({ type: command.type, reason: command.reason })
    case 'publish_lot':
    case 'open_lot':
      return JSON.stringify({ type: command.type })
    case 'close_lot':
      return JSON.stringify({ type: command.type, targetEndsAtMs: command.targetEndsAtMs })
    case 'extend_lot': {
      const { type, awayFromMs, graceMs } = command
      return JSON.stringify({ type, awayFromMs, graceMs })
    }
  }
}

/** The names of the fields in which two fingerprints differ, sorted. */
export function differingFields(one: string, other: string): string[] {
  const a = contents(one)
  const b = contents(other)
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name])).toSorted()
}

function contents(fingerprint: string): Record<string, unknown> {
  return JSON.parse(fingerprint) as Record<string, unknown>
}

/** Makes the text independent of the order in which another process wrote the fields. */
function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
