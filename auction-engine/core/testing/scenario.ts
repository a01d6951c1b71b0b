// Plays the scenarios: texts that an auctioneer can check without reading code.
//
//   E2: a lower challenger raises the price to one step above its own maximum
//     lot start 1000
//     A bids 5000              -> A leads at 1000
//     at 30.5  B bids 3000     -> A leads at 3100, next 3200, B outbid
//
// Amounts are minor units, times seconds (or h:mm) after midnight.
import { partsOf, type Step, timed } from '../../../platform/testing/scenarios.ts'
import type { Decision, LotCommand } from '../decision.ts'
import { Draft } from '../draft.ts'
import { truePhrases } from './phrases.ts'
import { commandOf, type Spoken, spokenBy, termsOf, timeMs } from './words.ts'

/** Plays the steps of one scenario; a line that nobody understands throws. */
export function play(lines: readonly string[]): Step[] {
  const draft = new Draft(undefined)
  /** The newest bid of each bidder, which a retraction means unless it names another. */
  const bidIds = new Map<string, string>()
  let atMs = 0
  return lines.map((line, index): Step => {
    const { said, expected } = partsOf(line)
    const { time, sentence } = timed(said)
    if (time !== undefined) atMs = timeMs(time)
    const commands = asked(sentence.split(/\s+/), `c${index}`, {
      newestBidOf: (bidder) => bidIds.get(bidder) ?? 'none',
      endsAtMs: draft.lot?.now.endsAtMs ?? 0,
    })
    const decisions = commands.map((command): Decision => {
      if (command.type === 'place_bid') bidIds.set(command.actor.userId, command.commandId)
      return draft.decide(command, atMs, undefined)
    })
    return { line, expected, truths: truePhrases(decisions, draft.lot) }
  })
}

/** A `lot` line creates and publishes, a `draft` line only creates; every other line is one command. */
function asked(words: readonly string[], id: string, spoken: Spoken): LotCommand[] {
  const [kind, ...rest] = words
  if (kind !== 'lot' && kind !== 'draft') return [commandOf(words, id, spoken)]
  const create: LotCommand = {
    ...spokenBy('seller', 'create'),
    type: 'create_lot',
    terms: termsOf(rest),
  }
  return kind === 'draft'
    ? [create]
    : [create, { ...spokenBy('seller', 'publish'), type: 'publish_lot' }]
}
