// Plays the scenarios: texts that somebody who runs a marketplace can check without reading code.
//
//   A reply quotes what it answers
//     ann opens direct with sam
//     ann says "Is it there?" as m1      -> seq 1, sam unread 1
//     at 5  sam says "Yes" as m2 to m1   -> m2 quotes Is it there?
//
// Each line is a batch of its own, but one that begins with + belongs to the batch of the line before. Times
// are seconds.
import { partsOf, type Step, timed } from '../../../platform/testing/scenarios.ts'
import { ConversationDraft } from '../draft.ts'
import { Kept } from './kept.ts'
import { ofChange, ofKept, ofOutcome, ofTold } from './phrases.ts'
import { commandOf, Sentence, stateFact, timeMs } from './sentences.ts'

/** Plays the steps of one scenario; a line that nobody understands throws. */
export function play(lines: readonly string[]): Step[] {
  const kept = new Kept()
  let draft = new ConversationDraft(kept)
  let atMs = 0
  return lines.map((line, index): Step => {
    const { isTogether, time, sentence, expected } = read(line)
    if (time !== undefined) atMs = timeMs(time)
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
  const { said, expected } = partsOf(line)
  const isTogether = said.startsWith('+')
  const { time, sentence } = timed(isTogether ? said.slice(1).trim() : said)
  return { isTogether, time, sentence: new Sentence(sentence), expected }
}

/** A copy in which the draft is written too, so that each step of a batch can be looked at. */
function asIfCommitted(kept: Kept, draft: ConversationDraft): Kept {
  const copy = kept.copy()
  const change = draft.change()
  if (change !== undefined) copy.write(change)
  return copy
}
