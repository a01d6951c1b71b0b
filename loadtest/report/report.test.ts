import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import type { Violation } from '../../history/violation.ts'
import { Failure } from '../../platform/failure.ts'
import type { RunResult } from '../run/run.ts'
import { Timeline } from '../run/timeline.ts'
import { type Bounds, verdictsOn } from './expectations.ts'
import { type Report, reportOf } from './report.ts'
import { aRun, conditions, harmful, plan } from './testing/a-run.ts'
import { textOf } from './text.ts'

function reportOn(result: RunResult, expected: Readonly<Record<string, Bounds>> = {}): Report {
  const target = { scenario: 'auction', options: {}, expect: expected } as const
  return reportOf({ plan, target, result, conditions })
}

test.each([
  ['connections', { atLeast: 100 }, 100, true],
  ['connections', { atLeast: 101 }, 100, false],
  ['sent', { atMost: 400 }, 400, true],
  ['sentPerSecond', { atLeast: 50 }, 50, true],
  ['bid.p99Ms', { atMost: 9 }, 10, false],
  ['errors', { atMost: 0 }, 1, false],
  ['bytesPerConnection', { atMost: 2_500 }, 2_500, true],
  ['deviceBytes', { atMost: 4_999 }, 5_000, false],
  ['serverCores', { atMost: 0.6 }, 0.5, true],
  ['lost', { atMost: 0 }, 0, true],
  ['faults', { atMost: 0 }, 0, true],
  ['message.p99Ms', { atMost: 1_000 }, null, false],
] as const)('%s %o: measured %s, holds: %s', (name, bounds, measured, holds) => {
  const [verdict] = verdictsOn(aRun(), { [name]: bounds })
  expect(verdict?.holds).toBe(holds)
  if (measured === null) expect(verdict?.measured).toBeNull()
  // Times have two right digits.
  else expect(verdict?.measured).toBeCloseTo(measured, 0)
})

test('a bound on each side is two verdicts', () => {
  const verdicts = verdictsOn(aRun(), { sent: { atLeast: 401, atMost: 402 } })
  expect(verdicts.map(({ bound, holds }) => [bound, holds])).toEqual([
    ['atLeast', false],
    ['atMost', true],
  ])
})

test('a run passes only if it came to its end, every target holds and nothing was found', () => {
  const violation: Violation = { rule: 'gap', says: 'A number is missing.', evidence: { seq: 7 } }
  const audit = { by: 'all', judged: {}, violations: [violation], count: 2 }
  const brokenOff = new Failure('The server is gone.')
  expect(reportOn(aRun(), { sent: { atLeast: 1 } }).outcome).toBe('passed')
  expect(reportOn(aRun(), { sent: { atLeast: 1_000 } }).outcome).toBe('missed')
  expect(reportOn({ ...aRun(), audit }, { sent: { atLeast: 1_000 } }).outcome).toBe('faulty')
  expect(reportOn({ ...aRun(), audit, brokenOff }).outcome).toBe('broken off')
})

test('what the auditor found but did not keep may have been a loss', () => {
  const violation: Violation = { rule: 'gap', says: 'A number is missing.', evidence: { seq: 7 } }
  const result = { ...aRun(), audit: { by: 'all', judged: {}, violations: [violation], count: 3 } }
  expect(verdictsOn(result, { lost: { atMost: 0 } })[0]?.measured).toBe(2)
})

test('what was not judged fulfils no expectation of the auditor', () => {
  const result = { ...aRun(), audit: undefined }
  for (const name of ['lost', 'faults']) {
    expect(verdictsOn(result, { [name]: { atMost: 0 } })[0]).toMatchObject({
      measured: null,
      holds: false,
    })
  }
})

test('the report survives JSON as it is, and has no password', () => {
  const report = reportOn(aRun(), { sent: { atLeast: 1 } })
  const text = JSON.stringify(report)
  expect(JSON.parse(text)).toEqual(report)
  expect(text).not.toContain('secret')
  expect(report.timeline).toHaveLength(10)
})

test('the terminal shows figures, targets and the outcome, and obeys no foreign word', () => {
  const text = textOf(reportOn(aRun(), { 'bid.p99Ms': { atMost: 9 }, lost: { atMost: 0 } }))
  expect(text).toMatch(/bid\.p99Ms +at most 9 ms +10(\.\d)? ms +MISSED/)
  expect(text).toMatch(/lost +at most 0 +0 +holds/)
  expect(text).toContain('commands sent: 400 (50/s)')
  expect(text).toContain('gateway: 2,500 bytes a connection')
  expect(text).toContain(harmful.replace('\u001B', '?'))
  expect(text).not.toContain('\u001B')
})

test('what was measured until a run broke off is told', () => {
  const timeline = new Timeline(0)
  const brokenOff = new Failure('The server is gone.')
  const none = { timeline, bytesPerDevice: [], serverCosts: [], audit: undefined, brokenOff }
  expect(textOf(reportOn(none))).toContain('The run was broken off: The server is gone.')
  const text = textOf(reportOn({ ...aRun(), audit: undefined, brokenOff }))
  expect(text).toContain('commands sent: 400')
  expect(text).toContain('nothing was judged')
})

test('the description of the JSON file names every field', async () => {
  const description = await readFile(new URL('README.md', import.meta.url), 'utf8')
  const whole = { ...reportOn(aRun()), brokenOff: '', about: '' }
  for (const field of Object.keys(whole)) expect(description).toContain(`\`${field}\``)
})
