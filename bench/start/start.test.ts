import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { program } from './outcry-process.ts'
import { benchStart } from './start.ts'

test('a start is measured the first time and again, with its steps, beside PostgreSQL alone', async () => {
  const section = await benchStart({ rounds: 1, seconds: 0.1, say: () => {} })

  expect(section.tables.map(({ rows }) => rows.length)).toEqual([2, 4])
  expect(section.goals.map(({ goal }) => goal)).toEqual(['P16', 'P16'])
  const [ready] = section.tables
  for (const [, alone, whole] of ready?.rows ?? []) {
    expect(Number(whole?.replaceAll(',', ''))).toBeGreaterThan(0)
    expect(Number(alone?.replaceAll(',', ''))).toBeGreaterThan(0)
  }
  expect(JSON.stringify(section)).not.toMatch(/NaN|undefined|null/)
}, 120_000)

test('what is measured is what npm start runs', async () => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(
    await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
  )
  expect(scripts['start']).toBe(`exec node ${program.join(' ')}`)
})
