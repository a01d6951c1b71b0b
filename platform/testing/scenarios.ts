// Scenarios: texts in the words of a domain, which somebody who knows it can check without reading code.
// A line without indent opens a scenario, each further one is a step. What follows `->` are phrases,
// divided by commas, each of which must be true after the step. A line that begins with # is a comment.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

export interface Step {
  readonly line: string
  readonly expected: readonly string[]
  /** Everything that can be said of the step and is true. */
  readonly truths: readonly string[]
}

interface Scenario {
  readonly title: string
  readonly lines: readonly string[]
}

/**
 * Makes a test of each scenario in the folder's files, under its own title.
 * @param play plays the steps of one; a line that nobody understands throws
 */
export function describeScenarios(
  folder: URL,
  play: (lines: readonly string[]) => readonly Step[],
): void {
  for (const file of readdirSync(folder).toSorted()) {
    describe(`scenarios/${file}`, () => {
      for (const { title, lines } of scenariosIn(readFileSync(new URL(file, folder), 'utf8'))) {
        test(title, () => expectTruths(play(lines)))
      }
    })
  }
}

function expectTruths(steps: readonly Step[]): void {
  for (const { line, expected, truths } of steps) {
    for (const phrase of expected) expect(truths, line).toContain(phrase)
  }
  const expectations = steps.flatMap(({ expected }) => expected)
  expect(expectations, 'a scenario expects something').not.toEqual([])
}

function scenariosIn(text: string): readonly Scenario[] {
  const scenarios: { title: string; lines: string[] }[] = []
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue
    if (line.startsWith(' ')) scenarios.at(-1)?.lines.push(line.trim())
    else scenarios.push({ title: line, lines: [] })
  }
  return scenarios
}

/** What a step says, and the phrases that must be true after it. */
export function partsOf(line: string): {
  readonly said: string
  readonly expected: readonly string[]
} {
  const [said = '', phrases = ''] = line.split('->')
  const expected = phrases.split(', ').map((phrase) => phrase.trim())
  return { said, expected: expected.filter((phrase) => phrase !== '') }
}

/** The time (`at 10:00 …`) that a step begins with, where it does, and the sentence behind it. */
export function timed(said: string): {
  readonly time: string | undefined
  readonly sentence: string
} {
  const [, time, sentence = said] = /^at (\S+)\s+(.*)$/.exec(said) ?? []
  return { time, sentence: sentence.trim() }
}
