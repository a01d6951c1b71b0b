import canonicalize from 'canonicalize'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { history, live } from '../core/testing/histories.ts'
import { livePart } from '../core/visibility.ts'
import { concernedText, detailText, liveText } from './event-texts.ts'

test('I18: what is written by hand of an event is its canonical JSON, whatever happens to a lot', () => {
  fc.assert(
    fc.property(history, (lived) => {
      for (const { decision, after } of live(lived)) {
        if (decision.type !== 'decided') continue
        for (const { now, detail, concerned } of decision.events) {
          const view = livePart(now, after.rules)
          expect(liveText(view)).toBe(canonicalize(view))
          expect(detailText(detail)).toBe(canonicalize(detail))
          expect(concernedText(concerned)).toBe(canonicalize(concerned))
        }
      }
    }),
    { numRuns: 150 },
  )
})

test('who is concerned is written as JSON escapes it', () => {
  const concerned = { outbid: ['a"b', 'é\\'] }
  expect(concernedText(concerned)).toBe(canonicalize(concerned))
})
