import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type MeasuredSection, renderDocument, writeDocument } from './document.ts'
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
  expect(page).toContain('\n1 of the 2 that were measured are reached.')
  expect(page).toMatch(/\| P12 \|.*`npm run loadtest -- connect`/)
  expect(page).toMatch(/\| P9 \|.*not measured yet/)
})

function measuredAs(name: string, says: string): MeasuredSection {
  return { section: { name, title: name, says, conditions: [], tables: [], goals: [] }, conditions }
}

test('a section that is measured anew takes its own place alone, whenever it was measured', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'outcry-document-'))
  const order = ['fanout', 'bids', 'chat']
  const write = (...measured: MeasuredSection[]) => writeDocument(measured, order, folder)
  try {
    await write(measuredAs('chat', 'Chat, once.'))
    await write(measuredAs('fanout', 'Fan-out, once.'), measuredAs('bids', 'Bids, once.'))
    await write(measuredAs('fanout', 'Fan-out, anew.'))
    const page = await readFile(join(folder, 'benchmarks.md'), 'utf8')
    expect(page).toMatch(/Fan-out, anew\.[^]*Bids, once\.[^]*Chat, once\./)
    expect(page).not.toContain('Fan-out, once.')
    expect(await readdir(folder)).toEqual(['benchmarks.json', 'benchmarks.md'])
    // A bench that is no more is left out the next time.
    await writeDocument([], ['chat'], folder)
    expect(await readFile(join(folder, 'benchmarks.md'), 'utf8')).not.toContain('Fan-out, anew.')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
