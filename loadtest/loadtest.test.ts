// `npm run loadtest` as an operator meets it when something is not as it should be.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { waitFor } from '../platform/testing/wait-for.ts'
import { startOwnServer } from './own-server.ts'
import type { Report } from './report/report.ts'

const entry = fileURLToPath(new URL('loadtest.ts', import.meta.url))
const patienceMs = 120_000
const nowhere = 'http://127.0.0.1:1'
let folder: string
const running: Started[] = []

interface Started {
  readonly child: ChildProcess
  /** Of both outputs. */
  readonly said: () => string
  /** Resolves with the exit code. */
  readonly ended: () => Promise<number | null>
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outcry-loadtest-'))
})
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    await ended()
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function start(command: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  const child = spawn(command, words, { env: { PATH: process.env['PATH'], ...env } })
  let text = ''
  for (const output of [child.stdout, child.stderr]) {
    output.on('data', (data: Buffer) => {
      text += data.toString()
    })
  }
  const end = once(child, 'close')
  const started: Started = {
    child,
    said: () => text,
    ended: async () => {
      await end
      return child.exitCode
    },
  }
  running.push(started)
  return started
}

const loadtest = (...words: string[]): Started => start(process.execPath, [entry, ...words])

async function reportIn(file: string): Promise<Report> {
  return JSON.parse(await readFile(file, 'utf8')) as Report
}

describe('before it begins', { timeout: patienceMs }, () => {
  test('a server that can not be reached is named', async () => {
    const run = loadtest('auction', '--url', nowhere)
    expect(await run.ended()).toBe(69)
    expect(run.said()).toContain(`${nowhere} can not be reached`)
    expect(run.said()).not.toContain('    at ')
  })

  test('a target file that does not hold ends it as a configuration', async () => {
    const file = join(folder, 'target.json')
    await writeFile(file, '{"scenario":"auction","expect":{"bids":{"atLeast":1}}}')
    const run = loadtest(file)
    expect(await run.ended()).toBe(78)
    expect(run.said()).toContain(`${file} does not hold`)
    expect(run.said()).toContain('expect.bids: there is no such field')
  })

  test('a scenario that does not exist is told with those that do', async () => {
    const run = loadtest('auctions')
    expect(await run.ended()).toBe(69)
    expect(run.said()).toContain('There is no scenario auctions.')
    expect(run.said()).toContain('slow-readers')
  })

  test('a database that could not be read at the end is named at the start', async () => {
    const server = await startOwnServer({ JWT_SECRET: 'a'.repeat(64) })
    try {
      const { databaseUrl, url } = server
      const elsewhere = databaseUrl.replace(/[^/]+$/, 'elsewhere')
      const words = [entry, 'auction', '--url', url, '--database-url', elsewhere]
      const run = start(process.execPath, words, { JWT_SECRET: 'a'.repeat(64) })
      expect(await run.ended()).toBe(69)
      expect(run.said()).toContain('The auditor can not read the database')
      expect(run.said()).toContain('--database-url')
      expect(run.said()).not.toContain('    at ')
    } finally {
      await server.stop()
    }
  })

  test('a report that could not be written is said before an hour is spent on it', async () => {
    const run = loadtest('auction', '--json', join(folder, 'nowhere', 'report.json'))
    expect(await run.ended()).toBe(69)
    expect(run.said()).toContain('can not be written (ENOENT)')
  })

  test('too few file descriptors are counted, and how to have more is said', async () => {
    const words = `"${process.execPath}" "${entry}" connect --connections 5000 --processes 2 --url ${nowhere}`
    const run = start('sh', ['-c', `ulimit -n 300 && exec ${words}`])
    expect(await run.ended()).toBe(69)
    expect(run.said()).toContain('There is no room for 5000 devices')
    expect(run.said()).toContain('2 processes of the load test can hold 200')
    expect(run.said()).toContain('ulimit -Hn')
  })

  test('a server with another secret is told from one that is away', async () => {
    const server = await startOwnServer({ JWT_SECRET: 'a'.repeat(64) })
    try {
      const words = [entry, 'auction', '--url', server.url]
      const run = start(process.execPath, words, { JWT_SECRET: 'b'.repeat(64) })
      expect(await run.ended()).toBe(69)
      expect(run.said()).toContain('does not let the test begin')
      expect(run.said()).toContain('(401)')
      expect(run.said()).toContain('JWT_SECRET')
      expect(run.said()).not.toContain('    at ')
    } finally {
      await server.stop()
    }
  })
})

describe('broken off', { timeout: patienceMs }, () => {
  const long = ['auction', '--connections', '20', '--rate', '50', '--duration', '600']

  test('by Ctrl-C, it reports what was measured, and leaves nothing behind', async () => {
    const [json, html] = [join(folder, 'interrupted.json'), join(folder, 'interrupted.html')]
    const run = loadtest(...long, '--json', json, '--html', html)
    await isMeasuring(run)
    // npm hands on what the terminal has sent already.
    run.child.kill('SIGINT')
    run.child.kill('SIGINT')
    expect(await run.ended()).toBe(130)
    expect(run.said()).toContain('The run was broken off: The run was interrupted.')
    const { outcome, measured, timeline } = await reportIn(json)
    expect(outcome).toBe('broken off')
    expect(measured.counts.accepted).toBeGreaterThan(0)
    expect(timeline.some(({ phase }) => phase === 'perform')).toBe(true)
    expect(await readFile(html, 'utf8')).toContain('Broken off.')
  })

  test('by the end of its server, it says so and reports what was measured', async () => {
    const json = join(folder, 'died.json')
    const run = loadtest(...long, '--json', json)
    await isMeasuring(run)
    process.kill(await serverOf(run), 'SIGTERM')
    expect(await run.ended()).toBe(69)
    expect(run.said()).toContain('The server of this run ended')
    const { outcome, brokenOff, measured } = await reportIn(json)
    expect(outcome).toBe('broken off')
    expect(brokenOff).toContain('The server of this run ended')
    expect(measured.counts.accepted).toBeGreaterThan(0)
  })
})

/** Resolves when a second or more was measured. */
async function isMeasuring(run: Started): Promise<void> {
  const measures = () => /auction: [1-9]\d* of 600 s/.test(run.said())
  await waitFor(measures, { timeoutMs: patienceMs / 2, what: 'a measured second' })
}

/** The process of the run's own server: the child that runs the all-in-one entry. */
async function serverOf({ child }: Started): Promise<number> {
  const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
  for (const pid of children.trim().split(' ').map(Number)) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8')
    if (/[/]main[.]ts\0/.test(command)) return pid
  }
  throw new Error('the run has no server of its own')
}
