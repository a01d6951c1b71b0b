// Real servers, started, killed and started again: one folder for most, since making one takes a second.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  rmdir,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { Client } from 'pg'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { Failure } from '../failure.ts'
import { waitFor } from '../testing/wait-for.ts'
import { EmbeddedPostgres } from './embedded-postgres.ts'
import { makeCluster } from './make-cluster.ts'
import { startPostmaster } from './postmaster.ts'
import { settleHome } from './server-home.ts'
import { prepareServerPrograms } from './server-programs.ts'
import { serverSettings } from './server-settings.ts'

const isRoot = process.getuid?.() === 0
const log = pino({ level: 'silent' })

let folder: string
let dataFolder: string
let running: EmbeddedPostgres[] = []
let children: ChildProcess[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outcry-embedded-'))
  await chmod(folder, 0o755)
  dataFolder = join(folder, 'data')
  const postgres = await start()
  await ask(postgres.url, 'CREATE TABLE notes (body text)')
  await postgres.stop()
})

afterEach(async () => {
  for (const child of children) await kill(child)
  for (const postgres of running) await postgres.stop()
  children = []
  running = []
})

afterAll(() => rm(folder, { recursive: true }))

function embedded(at: string, onDeath?: (failure: Failure) => void): EmbeddedPostgres {
  const postgres = new EmbeddedPostgres({
    dataFolder: at,
    log,
    durability: 'none',
    ...(onDeath === undefined ? {} : { onDeath }),
  })
  running.push(postgres)
  return postgres
}

async function start(at = dataFolder): Promise<EmbeddedPostgres> {
  const postgres = embedded(at)
  await postgres.start()
  return postgres
}

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

/** Another process of ours, as `npm start` would be; resolves with its database's address. */
async function startChild(): Promise<{ child: ChildProcess; url: string }> {
  const module = pathToFileURL(join(import.meta.dirname, 'embedded-postgres.ts')).href
  const script = `
    import { pino } from 'pino'
    import { EmbeddedPostgres } from ${JSON.stringify(module)}
    const log = pino({ level: 'silent' })
    const postgres = new EmbeddedPostgres({ dataFolder: ${JSON.stringify(dataFolder)}, log })
    await postgres.start()
    process.stdout.write(postgres.url + '\\n')
    setInterval(() => {}, 1e6)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const [url] = await once(createInterface(child.stdout), 'line')
  return { child, url: String(url) }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** Where a server notes its process number; it removes the file when it leaves in order. */
function pidFile(place: string): string {
  return join(place, 'data', 'postmaster.pid')
}

async function pidIn(file: string): Promise<number> {
  return Number((await readFile(file, 'utf8')).split('\n')[0])
}

test('what was written is found again at the next start', async () => {
  const first = await start()
  await ask(first.url, `INSERT INTO notes VALUES ('kept')`)
  await first.stop()
  const second = await start()
  expect(await ask(second.url, `SELECT body FROM notes WHERE body = 'kept'`)).toHaveLength(1)
})

test('a second start on the same folder says who is there, and harms nobody', async () => {
  const { child, url } = await startChild()
  await expect(start()).rejects.toMatchObject({
    message: `Another Outcry (process ${child.pid}) is running on the data folder ${dataFolder}.`,
    hint: expect.stringContaining('OUTCRY_DATA'),
  })
  expect(await ask(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('after kill -9 no server stays behind, and the next start finds what was committed', async () => {
  const { child, url } = await startChild()
  const file = pidFile(join(dataFolder, 'postgres'))
  expect(existsSync(file)).toBe(true)
  await ask(url, `INSERT INTO notes VALUES ('committed')`)
  await kill(child)
  await waitFor(() => !existsSync(file))
  const next = await start()
  expect(await ask(next.url, `SELECT body FROM notes WHERE body = 'committed'`)).toHaveLength(1)
})

test('a start right after kill -9 waits for the old server to leave', async () => {
  const { child } = await startChild()
  await kill(child)
  const next = await start()
  expect(await ask(next.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('a server that nobody watches over any more is ended by the next start', async () => {
  const home = await settleHome(dataFolder)
  const programs = await prepareServerPrograms(home)
  await makeCluster(programs.initdb, home, 'none')
  const settings = serverSettings({ door: { socketFolder: home.run }, durability: 'none' })
  const left = await startPostmaster(programs.postgres, home, settings, () => {})
  const next = await start()
  await left.ended
  expect(await ask(next.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('listens at a port where it is told to, for as many as it is told', async () => {
  const postgres = new EmbeddedPostgres({
    dataFolder,
    log,
    durability: 'none',
    overTcp: true,
    connectionsMax: 37,
  })
  running.push(postgres)
  await postgres.start()
  expect(postgres.url).toMatch(/@127\.0\.0\.1:\d+\/outcry$/)
  expect(await ask(postgres.url, 'SHOW max_connections')).toEqual([{ max_connections: '37' }])
  expect(postgres.pid).toBe(await pidIn(pidFile(postgres.place)))
})

test('a server that was started again by hand is ended too', async () => {
  const postgres = await start()
  process.kill(postgres.pid, 'SIGINT')
  expect(await postgres.ended).toEqual({ code: 0, signal: null })
  const home = await settleHome(dataFolder)
  const { postgres: program } = await prepareServerPrograms(home)
  const settings = serverSettings({ door: { socketFolder: home.run }, durability: 'none' })
  const again = await startPostmaster(program, home, settings, () => {})
  await postgres.stop()
  await again.ended
})

test('a server that dies is reported, and its stale file with a reused number stops no start', async () => {
  const onDeath = vi.fn<(failure: Failure) => void>()
  const postgres = embedded(dataFolder, onDeath)
  await postgres.start()
  process.kill(await pidIn(pidFile(postgres.place)), 'SIGKILL')
  await waitFor(() => onDeath.mock.calls.length > 0)
  expect(onDeath.mock.calls[0]?.[0].message).toBe(
    `PostgreSQL on ${postgres.place} ended by itself.`,
  )
  await postgres.stop()

  const file = pidFile(postgres.place)
  const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'])
  children.push(bystander)
  const [, ...lines] = (await readFile(file, 'utf8')).split('\n')
  await writeFile(file, [bystander.pid, ...lines].join('\n'))
  const next = await start()
  expect(await ask(next.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  expect(bystander.exitCode).toBeNull()
})

test('a stop that was asked for is no death', async () => {
  const onDeath = vi.fn<(failure: Failure) => void>()
  const postgres = embedded(dataFolder, onDeath)
  await postgres.start()
  await postgres.stop()
  expect(onDeath).not.toHaveBeenCalled()
})

test('tells when it waits: for the data to be made at the first start, for the server at each', async () => {
  const at = join(folder, 'waiting')
  const isMade: boolean[] = []
  const onWaiting = () => {
    isMade.push(existsSync(join(at, 'postgres', 'data')))
  }
  const postgres = new EmbeddedPostgres({ dataFolder: at, log, durability: 'none', onWaiting })
  running.push(postgres)
  await postgres.start()
  expect(isMade).toEqual([false, true])
  await postgres.stop()
  await postgres.start()
  expect(isMade).toEqual([false, true, true])
})

test('a first start that was interrupted before there was a database goes on from there', async () => {
  const at = join(folder, 'no-database')
  const home = await settleHome(at)
  const programs = await prepareServerPrograms(home)
  await makeCluster(programs.initdb, home, 'none')
  const postgres = await start(at)
  expect(await ask(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('a first start that was interrupted leaves nothing that hinders the next', async () => {
  const at = join(folder, 'interrupted')
  const home = await settleHome(at)
  await mkdir(join(home.folder, 'data.new'))
  await writeFile(join(home.folder, 'data.new', 'PG_VERSION'), '18')
  const postgres = await start(at)
  expect(await ask(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('a path too long for a socket’s address is no obstacle', async () => {
  const postgres = await start(join(folder, 'a-long-name-'.repeat(12)))
  expect(await ask(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('a checkout that root alone may enter has its data elsewhere, found again also after a move', async () => {
  const checkout = join(folder, 'checkout')
  await mkdir(checkout, { mode: 0o700 })
  const first = await start(join(checkout, '.outcry'))
  const { place } = first
  try {
    expect(place.startsWith(folder)).toBe(!isRoot)
    await ask(first.url, `CREATE TABLE kept AS SELECT 1 AS one`)
    await first.stop()
    await cp(checkout, join(folder, 'moved'), { recursive: true, verbatimSymlinks: true })
    await rm(checkout, { recursive: true })
    const second = await start(join(folder, 'moved', '.outcry'))
    expect(await ask(second.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }])
    await second.stop()
  } finally {
    await rm(place, { recursive: true, force: true })
    // The folder above it too, unless somebody else's data are in it.
    if (isRoot) await rmdir(dirname(place)).catch(() => {})
  }
})

test('a link to data that are gone is refused rather than begun anew', async () => {
  const at = join(folder, 'dangling')
  await mkdir(at)
  await symlink(join(folder, 'gone'), join(at, 'postgres'))
  await expect(start(at)).rejects.toThrow(`${join(at, 'postgres')} leads to a folder that is gone.`)
})

test('data of another major version are refused in one sentence', async () => {
  const at = join(folder, 'older')
  const postgres = await start(at)
  const { place } = postgres
  await postgres.stop()
  await writeFile(join(place, 'data', 'PG_VERSION'), '9\n')
  await expect(start(at)).rejects.toThrow(
    /^The data in .* were made by PostgreSQL 9; this version of Outcry brings \d+\.$/,
  )
})

test('a data folder that is a file is refused in one sentence', async () => {
  const at = join(folder, 'file')
  await writeFile(at, '')
  await expect(start(at)).rejects.toThrow(/^The data folder .*file cannot be used: /)
})

test('only the server’s user can read the data and the password', async () => {
  const { place } = await start()
  for (const [path, mode] of [
    [place, 0o700],
    [join(place, 'data'), 0o700],
    [join(place, 'password'), 0o600],
  ] as const) {
    const info = await stat(path)
    expect(info.mode & 0o777).toBe(mode)
    expect(info.uid === 0).toBe(false)
  }
})
