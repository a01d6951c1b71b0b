import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FolderInUseError, lockFolder } from './folder-lock.ts'

let folder: string
let holders: ChildProcess[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outcry-lock-'))
  holders = []
})

afterEach(async () => {
  for (const holder of holders) await kill(holder)
  await rm(folder, { recursive: true })
})

/** Another process that takes the lock and keeps it. */
async function startHolder(): Promise<ChildProcess> {
  const module = pathToFileURL(join(import.meta.dirname, 'folder-lock.ts')).href
  const script = `
    import { lockFolder } from ${JSON.stringify(module)}
    await lockFolder(${JSON.stringify(folder)})
    process.stdout.write('held')
    setInterval(() => {}, 1e6)`
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  holders.push(holder)
  await once(holder.stdout, 'data')
  return holder
}

async function kill(holder: ChildProcess): Promise<void> {
  if (holder.exitCode !== null || holder.signalCode !== null) return
  holder.kill('SIGKILL')
  await once(holder, 'exit')
}

test('while one process holds a folder, another learns which', async () => {
  const holder = await startHolder()
  await expect(lockFolder(folder)).rejects.toMatchObject({ holder: holder.pid })
})

test('a released folder is free, and no file is left in it', async () => {
  const first = await lockFolder(folder)
  await expect(lockFolder(folder)).rejects.toThrow(FolderInUseError)
  await first.release()
  const second = await lockFolder(folder)
  await second.release()
  expect(await readdir(folder)).toEqual([])
})

test('a folder whose holder was killed is free at once', async () => {
  await kill(await startHolder())
  const lock = await lockFolder(folder)
  expect(await readdir(folder)).toHaveLength(1)
  await lock.release()
})

test('a holder that is stopped and does not answer still holds', async () => {
  const holder = await startHolder()
  holder.kill('SIGSTOP')
  await expect(lockFolder(folder)).rejects.toThrow(FolderInUseError)
})

test('of many that contend for what a killed holder left, exactly one gets it', async () => {
  await kill(await startHolder())
  for (let round = 0; round < 20; round += 1) {
    const contenders = Array.from({ length: 12 }, () => lockFolder(folder))
    const outcomes = await Promise.allSettled(contenders)
    const locks = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    const others = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
    expect(locks).toHaveLength(1)
    expect(others.every((reason) => reason instanceof FolderInUseError)).toBe(true)
    for (const lock of locks) await lock.release()
  }
})
