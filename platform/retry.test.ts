import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { backoffMs, classifyDatabaseError, type Retry, retrying } from './retry.ts'
import { VirtualClock } from './testing/virtual-clock.ts'

const delays = { delayMsMin: 100, delayMsMax: 1_000 }
const failing = (code: string) => Object.assign(new Error(`fails with ${code}`), { code })

const classify = classifyDatabaseError
const random = () => 0

/** Fails as often as there are codes, then succeeds. */
function failingWith(...codes: string[]): () => Promise<string> {
  return async () => {
    const code = codes.shift()
    if (code !== undefined) throw failing(code)
    return 'done'
  }
}

describe('the backoff', () => {
  test('waits at most twice as long after each failure, up to the longest', () => {
    const longest = [1, 2, 3, 4, 5].map((failures) => backoffMs(failures, delays, () => 1))
    expect(longest).toEqual([200, 400, 800, 1_000, 1_000])
  })

  test('stays a number however often it has failed, also where it may be no wait at all', () => {
    expect(backoffMs(5_000, delays, () => 1)).toBe(1_000)
    expect(backoffMs(5_000, { delayMsMin: 0, delayMsMax: 1_000 }, () => 1)).toBe(0)
  })

  test('is anything between the shortest and the ceiling, by chance alone', () => {
    const bounds = fc.record({ delayMsMin: fc.nat(5_000), delayMsMax: fc.nat(60_000) })
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), bounds, chance, (failures, between, luck) => {
        const waitMs = backoffMs(failures, between, () => luck)
        expect(waitMs).toBeGreaterThanOrEqual(between.delayMsMin)
        expect(waitMs).toBeLessThanOrEqual(Math.max(between.delayMsMin, between.delayMsMax))
      }),
    )
  })
})

describe('database errors', () => {
  test('those which pass by are worth another try, by SQLSTATE and by the code of the connection', () => {
    for (const code of ['40001', '40P01', '57P01', '08006', 'ECONNREFUSED']) {
      expect(classifyDatabaseError(failing(code)), code).toMatchObject({
        delayMsMin: expect.any(Number),
      })
    }
  })

  test('a connection that was lost is worth another try, though its error has no code', () => {
    const lost = new Error('Connection terminated unexpectedly')
    expect(classifyDatabaseError(lost)).toMatchObject({ delayMsMin: expect.any(Number) })
  })

  test('those which stay are not', () => {
    for (const error of [
      failing('23505'),
      failing('42601'),
      new Error('x'),
      null,
      'x',
      { code: 40001 },
    ]) {
      expect(classifyDatabaseError(error)).toBeUndefined()
    }
  })
})

describe('retrying', () => {
  test('tries until it succeeds, and tells of each failure', async () => {
    const clock = new VirtualClock()
    const retries: Retry[] = []
    const result = retrying(failingWith('40001', '57P03'), {
      classify,
      clock,
      random,
      onRetry: (retry) => retries.push(retry),
    })
    await clock.advanceAsync(4)
    expect(retries).toHaveLength(1)
    await clock.advanceAsync(1_000)
    expect(await result).toBe('done')
    expect(retries.map(({ failures, delayMs }) => [failures, delayMs])).toEqual([
      [1, 5],
      [2, 100],
    ])
  })

  test('a final error is thrown as it came, without another try', async () => {
    const action = failingWith('23505', '40001')
    const clock = new VirtualClock()
    await expect(retrying(action, { classify, clock })).rejects.toThrow('fails with 23505')
    await expect(action()).rejects.toThrow('fails with 40001')
    expect(clock.pending).toBe(0)
  })

  test('gives up after as many attempts as allowed, with the last error', async () => {
    const clock = new VirtualClock()
    const result = retrying(failingWith('40001', '40P01', '57P01'), {
      classify,
      clock,
      attemptsMax: 2,
    })
    const failed = expect(result).rejects.toThrow('fails with 40P01')
    await clock.advanceAsync(60_000)
    await failed
  })

  test('stops waiting when the signal aborts, and leaves no timer and no listener', async () => {
    const clock = new VirtualClock()
    const controller = new AbortController()
    const result = retrying(failingWith('57P03'), { classify, clock, signal: controller.signal })
    const failed = expect(result).rejects.toThrow('the process drains')
    await clock.advanceAsync(1)
    expect(clock.pending).toBe(1)
    controller.abort(new Error('the process drains'))
    await failed
    expect(clock.pending).toBe(0)
  })

  test('does not begin once the signal has aborted', async () => {
    let calls = 0
    const action = async () => {
      calls += 1
    }
    const signal = AbortSignal.abort(new Error('the process drains'))
    const clock = new VirtualClock()
    await expect(retrying(action, { classify, clock, signal })).rejects.toThrow('drains')
    expect(calls).toBe(0)
  })
})
