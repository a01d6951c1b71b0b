// Reads and plays the scenarios: texts that an auctioneer can check without reading code.
//
//   E2: a lower challenger raises the price to one step above its own maximum
//     lot start 1000
//     A bids 5000              -> A leads at 1000
//     at 30.5  B bids 3000     -> A leads at 3100, next 3200, B outbid
//
// A line without indent opens a scenario. Amounts are minor units, times seconds (or h:mm) after
// midnight. What follows `->` are phrases, each of which must be true after the step.
import type { Decision, LotCommand } from '../decision.ts'
import { Draft } from '../draft.ts'
import { truePhrases } from './phrases.ts'
import { commandOf, type Spoken, spokenBy, termsOf, timeMs } from './words.ts'

export interface Scenario {
  readonly title: string
  readonly lines: readonly string[]
}

export interface Step {
  readonly line: string
  readonly expected: readonly string[]
  /** Everything that can be said of the step and is true. */
  readonly truths: readonly string[]
}

export function parseScenarios(text: string): Scenario[] {
  const scenarios: { title: string; lines: string[] }[] = []
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue
    if (line.startsWith(' ')) scenarios.at(-1)?.lines.push(line.trim())
    else scenarios.push({ title: line, lines: [] })
  }
  return scenarios
}

/** Plays the scenario's steps; a line that nobody understands throws. */
export function play(scenario: Scenario): Step[] {
  const draft = new Draft(undefined)
  /** The newest bid of each bidder, which a retraction means unless it names another. */
  const bidIds = new Map<string, string>()
  let atMs = 0
  return scenario.lines.map((line, index): Step => {
    const [said = '', phrases = ''] = line.split('->')
    const [, time, sentence = said] = /^at (\S+)\s+(.*)$/.exec(said) ?? []
    if (time !== undefined) atMs = timeMs(time)
    const commands = asked(sentence.trim().split(/\s+/), `c${index}`, {
      newestBidOf: (bidder) => bidIds.get(bidder) ?? 'none',
      endsAtMs: draft.lot?.now.endsAtMs ?? 0,
    })
    const decisions = commands.map((command): Decision => {
      if (command.type === 'place_bid') bidIds.set(command.actor.userId, command.commandId)
      return draft.decide(command, atMs, undefined)
    })
    const expected = phrases.split(', ').map((phrase) => phrase.trim())
    return {
      line,
      expected: expected.filter((phrase) => phrase !== ''),
      truths: truePhrases(decisions, draft.lot),
    }
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
