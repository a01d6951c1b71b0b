import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { NO_LIMITS } from './no-limits.ts'

test('no limit that an operator may set is left on', () => {
  const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8')
  const settable = [...example.matchAll(/^#?\s*(LIMIT_\w+)=/gm)].map(([, name]) => name)
  expect(settable.length).toBeGreaterThan(5)
  expect(new Set(Object.keys(NO_LIMITS))).toEqual(new Set(settable))
})
