import { expect, test } from 'vitest'
import { renderDocument } from './document.ts'
import { GOALS } from './goals.ts'
import type { GoalVerdict } from './section.ts'

const conditions = {
  processor: 'a processor',
  cores: 2,
  kernel: 'Linux 6',
  node: '22.0.0',
  commit: 'abc1234',
  loadAverage: 0.25,
  startedAt: '2026-01-02T03:04:05.678Z',
  rounds: 3,
  seconds: 1,
}

function pageWith(...goals: readonly GoalVerdict[]): string {
  const table = { title: 'On one lot', head: ['', 'bids/s'], rows: [['a | b', '1,176']] }
  const words = {
    name: 'bids',
    title: 'Durable bids',
    says: 'How many.',
    conditions: ['fsync on.'],
  }
  return renderDocument([{ section: { ...words, tables: [table], goals }, conditions }])
}

test('a section has its conditions and its tables', () => {
  const page = pageWith()
  expect(page).toContain('## Durable bids\n\nHow many.\n\n- 2 cores (a processor)')
  expect(page).toContain('Node 22.0.0, commit abc1234;')
  expect(page).toContain('measured 2026-01-02 03:04 UTC at a load average of 0.3')
  expect(page).toContain('- fsync on.\n\n### On one lot\n\n|  | bids/s |\n| --- | ---: |\n')
  expect(page).toContain('| a \\| b | 1,176 |')
})

test('every goal has a row: reached, missed and why, or who measures it', () => {
  const words = { goal: 'P4', wanted: '≥ 30 ×', boundBy: 'the disk' }
  const page = pageWith(
    { ...words, says: 'over NATS', measured: '31 ×', holds: true },
    { ...words, says: 'here', measured: '29 ×', holds: false },
  )
  for (const goal of Object.keys(GOALS)) expect(page).toContain(`\n| ${goal} |`)
  expect(page).toContain('over NATS | ≥ 30 × | 31 × | reached |  |')
  expect(page).toContain('here | ≥ 30 × | 29 × | **missed** | the disk |')
  expect(page).toMatch(/\| P12 \|.*`npm run loadtest -- connect`/)
  expect(page).toMatch(/\| P9 \|.*not measured yet/)
})
