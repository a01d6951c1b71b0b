import { execFileSync } from 'node:child_process'
import { platform } from 'node:os'
import { expect, test } from 'vitest'
import { Failure } from '../../platform/failure.ts'
import { keeping } from '../keeping.ts'
import { measureDisk } from './disk.ts'
import { slowDisk } from './slow-disk.ts'

const canBeSlow = platform() === 'linux' && isThere('cc')

function isThere(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test.skipIf(!canBeSlow)(
  'bids are stored on a slow disk as well, and both disks have their rows',
  async () => {
    const section = await measureDisk({ rounds: 1, seconds: 0.3, bidders: 4, say: () => {} })

    expect(section.tables[0]?.rows.map(([name]) => name)).toEqual([
      'one transaction per bid, this disk',
      'one transaction per bid, a slow disk',
      'prototype, this disk',
      'prototype, a slow disk',
      'Outcry, one process, this disk',
      'Outcry, one process, a slow disk',
    ])
    const stored = section.conditions.filter((says) => says.startsWith('Bids that were accepted'))
    expect(stored).toHaveLength(2)
    for (const says of stored) expect(says).not.toMatch(/[ :]0 \(/)
    expect(section.goals.map(({ goal }) => goal)).toEqual(['P7'])
  },
  120_000,
)

test('a machine without a compiler is told so in one sentence', async () => {
  const compiling = keeping((keep) => slowDisk(keep, 1, 'no-such-compiler'))

  await expect(compiling).rejects.toThrow(Failure)
  await expect(compiling).rejects.toThrow('there is no C compiler (no-such-compiler).')
})
