// The vitest reporter that ends a run with one line a machine can read, `N passed, N failed`, and
// lets no test be skipped in silence: what was skipped is named, and under CI that fails the run.
import { writeSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

export interface RunCounts {
  readonly passed: number
  readonly failed: number
  readonly skipped: readonly string[]
}

/** The run's last line; `, N skipped` only where something was. */
export function closingLine({ passed, failed, skipped }: RunCounts): string {
  const skips = skipped.length === 0 ? '' : `, ${skipped.length} skipped`
  return `${passed} passed, ${failed} failed${skips}`
}

/** Counts tests; a file that failed before its tests ran counts as one failure. */
export function countRun(modules: readonly TestModule[], errorsOutsideTests: number): RunCounts {
  let passed = 0
  let failed = errorsOutsideTests
  const skipped: string[] = []
  for (const module of modules) {
    let failedHere = 0
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') passed += 1
      else if (state === 'failed') failedHere += 1
      else skipped.push(`${module.relativeModuleId} > ${test.fullName}`)
    }
    failed += module.state() === 'failed' ? Math.max(1, failedHere) : failedHere
  }
  return { passed, failed, skipped }
}

/** @param ci whether a skipped test fails the run */
export function createClosingLine(ci: boolean): Reporter {
  return {
    onTestRunEnd(modules, errors) {
      const counts = countRun(modules, errors.length)
      for (const name of counts.skipped) writeSync(1, `skipped: ${name}\n`)
      // At exit, so that nothing is printed after it: not by the other reporters, nor by teardown.
      process.once('exit', () => {
        if (ci && counts.skipped.length > 0) process.exitCode = 1
        writeSync(1, `${closingLine(counts)}\n`)
      })
    },
  }
}
