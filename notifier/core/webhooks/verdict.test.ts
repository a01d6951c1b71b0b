import { describe, expect, test } from 'vitest'
import { heldMsMax, judge, RETRY_DELAYS_MS, type Receipt } from './verdict.ts'

const nowMs = 1_900_000_000_000
const hourMs = 3_600_000
const answered = (status: number, retryAfterMs?: number): Receipt => ({
  type: 'answered',
  status,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
})

describe('a delivery', () => {
  test.each([200, 201, 202, 204, 299])('that is answered %i has arrived', (status) => {
    expect(judge(answered(status), 3, nowMs, 0.5)).toEqual({ type: 'delivered', status })
  })

  test.each([100, 301, 307, 400, 401, 404, 408, 422, 500, 502])(
    'that is answered %i is tried again',
    (status) => {
      const verdict = judge(answered(status), 0, nowMs, 0)
      expect(verdict).toMatchObject({ type: 'again', status, dueAtMs: nowMs + 5_000 })
      expect(verdict).not.toHaveProperty('heldUntilMs')
    },
  )

  test('is tried for a little more than three days, ever more rarely, and is then dead', () => {
    let atMs = nowMs
    const pausesMs: number[] = []
    for (let failures = 0; ; failures += 1) {
      const verdict = judge({ type: 'failed', reason: 'ECONNREFUSED' }, failures, atMs, 0)
      if (verdict.type !== 'again') {
        expect(verdict).toEqual({
          type: 'dead',
          gone: false,
          untold: false,
          fault: 'ECONNREFUSED',
        })
        break
      }
      pausesMs.push(verdict.dueAtMs - atMs)
      atMs = verdict.dueAtMs
    }
    expect(pausesMs).toEqual([...RETRY_DELAYS_MS])
    expect(pausesMs).toEqual(pausesMs.toSorted((one, other) => one - other))
    expect(atMs - nowMs).toBeGreaterThan(72 * hourMs)
    expect(atMs - nowMs).toBeLessThan(84 * hourMs)
  })

  test('comes back up to a fifth later, so that those which failed together do not come together', () => {
    const latest = judge(answered(500), 1, nowMs, 0.999)
    const due = latest.type === 'again' ? latest.dueAtMs - nowMs : 0
    expect(due).toBeGreaterThan(5 * 60_000)
    expect(due).toBeLessThan(6 * 60_000)
  })

  test('that nobody wants any more, by 410, is dead at once', () => {
    const verdict = judge(answered(410), 0, nowMs, 0)
    expect(verdict).toMatchObject({ type: 'dead', gone: true, status: 410 })
  })

  test('whose words are gone is dead, which says nothing about its receiver', () => {
    const verdict = judge({ type: 'untold', reason: 'gone' }, 0, nowMs, 0)
    expect(verdict).toMatchObject({ type: 'dead', gone: false, untold: true })
  })
})

describe('Retry-After', () => {
  test.each([429, 503])(
    'with %i holds everything for so long, and the delivery no less',
    (status) => {
      const verdict = judge(answered(status, 90_000), 0, nowMs, 0)
      expect(verdict).toMatchObject({ heldUntilMs: nowMs + 90_000, dueAtMs: nowMs + 90_000 })
      const later = judge(answered(status, 1_000), 3, nowMs, 0)
      expect(later).toMatchObject({ heldUntilMs: nowMs + 1_000, dueAtMs: nowMs + 2 * hourMs })
    },
  )

  test('holds nobody for longer than an hour', () => {
    const verdict = judge(answered(503, 30 * 24 * hourMs), 0, nowMs, 0)
    expect(verdict).toMatchObject({ heldUntilMs: nowMs + heldMsMax })
  })

  test.each([200, 404, 500])('means nothing with %i', (status) => {
    expect(judge(answered(status, 90_000), 0, nowMs, 0)).not.toHaveProperty('heldUntilMs')
  })
})
