// The words of the scenarios: what a sentence asks for, and what a `lot` line says of the lot.
import type { LotTerms } from '../../../protocol/auction.ts'
import type { EngineCommand } from '../../../protocol/engine.ts'
import type { Role } from '../../../protocol/identity.ts'
import type { LotCommand } from '../decision.ts'

/** What a sentence may leave unsaid. */
export interface Spoken {
  readonly newestBidOf: (bidder: string) => string
  readonly endsAtMs: number
}

export const lotId = '00000000-0000-7000-8000-000000000001'

/** `29.999` (seconds) or `6:29` (hours, minutes) to milliseconds. */
export function timeMs(text: string): number {
  const [hours, minutes] = text.split(':')
  if (minutes === undefined) return Math.round(Number(text) * 1_000)
  return (Number(hours) * 60 + Number(minutes)) * 60_000
}

/** The terms of a lot from pairs of a word and its value: `start 1000 until 60`. */
export function termsOf(words: readonly string[]): LotTerms {
  const said = new Map<string, string>()
  for (let at = 0; at < words.length; at += 2) said.set(words[at] ?? '', words[at + 1] ?? '')
  const take = <T>(word: string, read: (value: string) => T): T | undefined => {
    const value = said.get(word)
    said.delete(word)
    return value === undefined ? undefined : read(value)
  }
  const mode = take('softclose', (word) => word as 'reset' | 'add')
  const window = take('window', timeMs) ?? 0
  const extend = take('extend', timeMs) ?? 0
  const max = take('max', Number)
  const cap = take('cap', timeMs)
  const trigger = take('trigger', (word) => word as 'any_accepted') ?? 'lead_or_price_change'
  const reserve = take('reserve', Number)
  const terms: LotTerms = {
    title: 'A lot',
    currency: 'USD',
    format: 'english',
    startPrice: take('start', Number) ?? 1_000,
    ...(reserve === undefined ? {} : { reservePrice: reserve }),
    grid: take('grid', (word) => word as LotTerms['grid']) ?? 'free',
    startsAt: take('from', timeMs) ?? 0,
    endsAt: take('until', timeMs) ?? timeMs('168:00'),
    softClose:
      mode === undefined
        ? null
        : {
            mode,
            windowMs: window,
            extendMs: extend,
            trigger,
            minGrowthMs: 1_000,
            ...(max === undefined ? {} : { maxExtensions: max }),
            ...(cap === undefined ? {} : { hardCapMs: cap }),
          },
    retraction: take('retraction', (word) => word as 'ebay') ?? 'none',
  }
  if (said.size > 0) throw new Error(`not a term of a lot: ${[...said.keys()].join(', ')}`)
  return terms
}

/** Whoever is called `seller`, `service` or `admin` has that role; everybody else is a bidder. */
export function spokenBy(
  name: string,
  commandId: string,
): Pick<EngineCommand, 'lotId' | 'commandId' | 'actor'> {
  const roles = ['seller', 'service', 'admin'].includes(name) ? [name as Role] : []
  return { lotId, commandId, actor: { userId: name, roles } }
}

/** The command of a sentence such as `A bids exactly 2500` or `time closes`. */
export function commandOf(words: readonly string[], id: string, spoken: Spoken): LotCommand {
  const [who = '', verb = '', ...rest] = words
  const after = (word: string): string | undefined =>
    rest.includes(word) ? rest[rest.indexOf(word) + 1] : undefined
  const base = spokenBy(who, after('as') ?? id)
  switch (verb) {
    case 'opens':
      return { type: 'open_lot', lotId }
    case 'closes': {
      const target = after('for')
      const targetEndsAtMs = target === undefined ? spoken.endsAtMs : timeMs(target)
      return { type: 'close_lot', lotId, targetEndsAtMs }
    }
    case 'returns': {
      const awayFromMs = timeMs(after('from') ?? '0')
      const graceMs = timeMs(after('grace') ?? '15')
      return { type: 'extend_lot', lotId, awayFromMs, graceMs }
    }
    case 'bids': {
      const exact = rest[0] === 'exactly'
      const amount = Number(rest[exact ? 1 : 0])
      const currency = after('in') ?? 'USD'
      return { ...base, type: 'place_bid', kind: exact ? 'exact' : 'proxy', amount, currency }
    }
    case 'retracts': {
      const clientBidId = after('bid') ?? spoken.newestBidOf(who)
      return {
        ...base,
        type: 'retract_bid',
        clientBidId,
        reason: after('because') ?? 'typing_error',
      }
    }
    case 'publishes':
      return { ...base, type: 'publish_lot' }
    case 'withdraws':
      return { ...base, type: 'withdraw_lot' }
    case 'cancels':
      return { ...base, type: 'cancel_lot' }
    case 'sets':
      return { ...base, type: 'update_lot', changes: changesOf(rest[0] ?? '', rest[1] ?? '') }
    default:
      throw new Error(`nobody understands "${words.join(' ')}"`)
  }
}

function changesOf(field: string, value: string) {
  if (field === 'title') return { title: value }
  if (field === 'end') return { endsAt: timeMs(value) }
  if (field === 'reserve') return { reservePrice: value === 'none' ? null : Number(value) }
  throw new Error(`nobody can set "${field}"`)
}
