import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isAlive } from '../is-alive.ts'
import { waitFor } from '../testing/wait-for.ts'
import { ServerProcess } from './server-process.ts'

/** A program that says it is ready and stays. */
const staying = {
  program: '/bin/sh',
  args: ['-c', 'echo starting; echo ready >&2; exec tail -f /dev/null'],
  saysReady: 'ready',
}

describe('a server process', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outcry-server-process-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  test('is started when it says so, and gone when it is killed, however often', async () => {
    const server = await ServerProcess.start(staying)
    expect(isAlive(server.pid)).toBe(true)
    await server.kill()
    await server.kill()
    expect(isAlive(server.pid)).toBe(false)
  })

  test('can be killed while it is frozen', async () => {
    const server = await ServerProcess.start(staying)
    server.freeze()
    server.thaw()
    server.freeze()
    await server.kill()
    expect(isAlive(server.pid)).toBe(false)
  })

  test('ends by itself when it is asked to, also while it is frozen', async () => {
    for (const prepare of [() => {}, (server: ServerProcess) => server.freeze()]) {
      const server = await ServerProcess.start(staying)
      prepare(server)
      await server.end()
      expect(await server.ended).toEqual({ code: null, signal: 'SIGTERM' })
      await server.end()
    }
  })

  test('is killed where it does not end when it is asked to', async () => {
    const stubborn = {
      ...staying,
      args: ['-c', 'trap "" TERM; echo ready; exec tail -f /dev/null'],
    }
    const server = await ServerProcess.start(stubborn)
    await server.end(50)
    expect(await server.ended).toEqual({ code: null, signal: 'SIGKILL' })
  })

  test('one that leaves is told with its last words', async () => {
    const leaving = { ...staying, args: ['-c', 'echo "the port is in use" >&2; exit 1'] }
    await expect(ServerProcess.start(leaving)).rejects.toThrow(
      /\/bin\/sh left: the port is in use/u,
    )
  })

  test('one that is not there is told', async () => {
    const missing = { ...staying, program: join(folder, 'missing') }
    await expect(ServerProcess.start(missing)).rejects.toThrow(/ENOENT/u)
  })

  test('ends with the process that started it, even one that was killed', async () => {
    const parent = join(folder, 'parent.ts')
    await writeFile(
      parent,
      `import { ServerProcess } from ${JSON.stringify(join(import.meta.dirname, 'server-process.ts'))}
       const server = await ServerProcess.start(${JSON.stringify(staying)})
       process.send(server.pid)`,
    )
    const child = fork(parent, { execArgv: [], silent: true })
    const [pid] = (await once(child, 'message')) as [number]
    expect(isAlive(pid)).toBe(true)
    child.kill('SIGKILL')
    await waitFor(() => !isAlive(pid))
  })
})
