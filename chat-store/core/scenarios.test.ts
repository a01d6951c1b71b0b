// Plays every scenario; each is one test under its own title.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseScenarios, play } from './testing/scenario.ts'

const folder = new URL('./scenarios/', import.meta.url)

for (const file of readdirSync(folder).toSorted()) {
  describe(`scenarios/${file}`, () => {
    for (const scenario of parseScenarios(readFileSync(new URL(file, folder), 'utf8'))) {
      test(scenario.title, () => {
        let expectations = 0
        for (const { line, expected, truths } of play(scenario)) {
          for (const phrase of expected) {
            expect(truths, line).toContain(phrase)
            expectations += 1
          }
        }
        expect(expectations, 'a scenario expects something').toBeGreaterThan(0)
      })
    }
  })
}
