// Reads and plays the scenarios: texts that somebody who runs a marketplace can check without reading code.
//
//   A reply quotes what it answers
//     ann opens direct with sam
//     ann says "Is it there?" as m1      -> seq 1, sam unread 1
//     at 5  sam says "Yes" as m2 to m1   -> m2 quotes Is it there?
//
// A line without indent opens a scenario. Each further line is a batch of its own, but one that begins
// with + belongs to the batch of the line before. Times are seconds. What follows `->` are phrases, each
// of which must be true after the step.
import { ConversationDraft } from '../draft.ts'
import { Kept } from './kept.ts'
import { ofChange, ofKept, ofOutcome, ofTold } from './phrases.ts'
import { commandOf, Sentence, stateFact, timeMs } from './sentences.ts'

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
  const kept = new Kept()
  let draft = new ConversationDraft(kept)
  let atMs = 0
  return scenario.lines.map((line, index): Step => {
    const { isTogether, time, sentence, expected } = read(line)
    atMs = time ?? atMs
    if (!isTogether) {
      const change = draft.change()
      if (change !== undefined) kept.write(change)
      draft = new ConversationDraft(kept)
    }
    const toldBefore = draft.told().length
    const truths: string[] = []
    if (!stateFact(sentence, kept)) {
      const outcome = draft.decide(commandOf(sentence, `c${index}`), atMs, kept.setting)
      truths.push(...ofOutcome(outcome), ...ofTold(draft.told().slice(toldBefore)))
    }
    truths.push(...ofKept(asIfCommitted(kept, draft)), ...ofChange(draft.change()))
    return { line, expected, truths }
  })
}

function read(line: string) {
  const [said = '', phrases = ''] = line.split('->')
  const isTogether = said.startsWith('+')
  const asked = isTogether ? said.slice(1).trim() : said
  const [, time, rest] = /^at (\S+)\s+(.*)$/.exec(asked) ?? []
  return {
    isTogether,
    time: time === undefined ? undefined : timeMs(time),
    sentence: new Sentence(rest ?? asked),
    expected: phrasesOf(phrases),
  }
}

const phrasesOf = (text: string): string[] =>
  text
    .split(', ')
    .map((phrase) => phrase.trim())
    .filter((phrase) => phrase !== '')

/** A copy in which the draft is written too, so that each step of a batch can be looked at. */
function asIfCommitted(kept: Kept, draft: ConversationDraft): Kept {
  const copy = kept.copy()
  const change = draft.change()
  if (change !== undefined) copy.write(change)
  return copy
}
