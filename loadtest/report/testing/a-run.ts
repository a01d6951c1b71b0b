// A run as it might have been: ten seconds, of which the first two were the ramp.
import { Recorder } from '../../run/measures.ts'
import type { Plan } from '../../run/plan.ts'
import type { RunResult } from '../../run/run.ts'
import { Timeline } from '../../run/timeline.ts'
import type { Conditions } from '../conditions.ts'

export const plan: Plan = {
  scenario: 'auction',
  connections: 100,
  duration: 8,
  rate: 50,
  ramp: 2,
  payload: 80,
  lots: 2,
  encoding: 'json',
  seed: 7,
  processes: 1,
  servers: {
    urls: ['http://localhost:8080'],
    metricsUrls: ['http://localhost:9464/metrics'],
    sources: [],
    databaseUrl: 'postgres://outcry:secret@localhost/outcry',
  },
}

export const conditions: Conditions = {
  startedAt: '2026-01-02T03:04:05.678Z',
  endedAt: '2026-01-02T03:04:15.678Z',
  commandLine: ['auction', '--seed', '7'],
  machine: {
    processor: 'Some processor',
    cores: 2,
    memoryBytes: 2 ** 34,
    kernel: 'Linux 6',
    loadAverage: 0.5,
    openFilesMax: 20_000,
  },
  versions: { outcry: '1.2.3', node: '22.0.0' },
  limitsLifted: [],
}

/** What a server might say to do harm, on a page or on a terminal. */
export const harmful = '<script>alert(1)</script>\u001B[2J'

/** 50 bids a second that each took 10 ms, and one error. */
export function aRun(): RunResult {
  const timeline = new Timeline(0)
  for (let second = 0; second < 10; second += 1) {
    if (second === 2) timeline.enter('perform', 2_000)
    const recorder = new Recorder()
    recorder.level('connected', () => Math.min(100, second * 50))
    if (second < 2) recorder.count('connects', 50)
    else {
      recorder.count('sent', 50)
      for (let nth = 0; nth < 50; nth += 1) recorder.time('bid', 10)
    }
    if (second === 5) recorder.error(harmful)
    timeline.add(0, recorder.take(), second * 1_000 + 500)
    timeline.read('gateway', { residentBytes: 2 ** 27, cpuCores: 0.5 }, second * 1_000 + 600)
  }
  timeline.enter('audit', 10_000)
  return {
    timeline,
    bytesPerDevice: [4_000, 5_000],
    serverCosts: [
      {
        name: 'gateway',
        residentBeforeBytes: 2 ** 27 - 250_000,
        residentHeldBytes: 2 ** 27,
        connections: 100,
        bytesPerConnection: 2_500,
      },
    ],
    audit: { by: 'what the server lists', judged: { 'bids sent': 400 }, violations: [], count: 0 },
    brokenOff: undefined,
  }
}
