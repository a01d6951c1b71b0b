import { describe, expect, test } from 'vitest'
import type { TestModule } from 'vitest/node'
import { closingLine, countRun } from './closing-line.ts'

function module(id: string, state: string, tests: Readonly<Record<string, string>>): TestModule {
  const all = Object.entries(tests).map(([fullName, result]) => ({
    fullName,
    result: () => ({ state: result }),
  }))
  return {
    relativeModuleId: id,
    state: () => state,
    children: { allTests: () => all },
  } as unknown as TestModule
}

describe('the closing line of a test run', () => {
  test('counts what passed and what failed', () => {
    const run = [
      module('a.test.ts', 'failed', { one: 'passed', two: 'failed' }),
      module('b.test.ts', 'passed', { three: 'passed' }),
    ]
    expect(closingLine(countRun(run, 0))).toBe('2 passed, 1 failed')
  })

  test('names skipped tests and counts them only where there are some', () => {
    const counts = countRun([module('a.test.ts', 'passed', { one: 'skipped', two: 'passed' })], 0)
    expect(counts.skipped).toEqual(['a.test.ts > one'])
    expect(closingLine(counts)).toBe('1 passed, 0 failed, 1 skipped')
  })

  test('a file that could not be loaded, and an error outside all tests, are failures', () => {
    expect(closingLine(countRun([module('a.test.ts', 'failed', {})], 0))).toBe('0 passed, 1 failed')
    expect(closingLine(countRun([module('a.test.ts', 'passed', { one: 'passed' })], 2))).toBe(
      '1 passed, 2 failed',
    )
  })
})
