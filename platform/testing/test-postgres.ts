// Vitest's global setup: a private PostgreSQL for the tests of one run. It starts when the first test asks
// for a database, so a run of pure tests pays nothing.
import { once } from 'node:events'
import { chmod, glob, mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { TestProject } from 'vitest/node'
import { EmbeddedPostgres } from '../embedded/embedded-postgres.ts'
import { codeOf } from '../failure.ts'
import { type MigrationSource, migrate } from '../postgres/migrate.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Given by the configuration: the SQL that each test's database has. */
    migrations: readonly MigrationSource[]
    /** The socket at which a test learns the address of the server. */
    testPostgresSocket: string
  }
}

const folderPrefix = join(tmpdir(), 'outcry-test-')
const socketName = 'ask'

/** Called by Vitest before the first test; what it returns is called after the last. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeAbandoned()
  const folder = await mkdtemp(folderPrefix)
  // As root, the server runs as somebody else, who must be able to enter.
  await chmod(folder, 0o755)
  const log = pino({ level: 'error' }, pino.destination({ fd: 2, sync: true }))
  const postgres = new EmbeddedPostgres({ dataFolder: folder, log, durability: 'none' })
  const sources = project.getProvidedContext().migrations
  let ready: Promise<string> | undefined
  const socket = join(folder, socketName)
  const answers = await answerAt(socket, () => (ready ??= startWithTables(postgres, sources)))
  project.provide('testPostgresSocket', socket)
  return async () => {
    answers.close()
    await ready?.catch(() => {})
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function startWithTables(
  postgres: EmbeddedPostgres,
  sources: readonly MigrationSource[],
): Promise<string> {
  await postgres.start()
  await migrate(postgres.url, sources)
  return postgres.url
}

/** A test run that was killed ends its server, but cannot remove its folder. */
async function removeAbandoned(): Promise<void> {
  for await (const folder of glob(`${folderPrefix}*`)) {
    if (await isDeaf(join(folder, socketName))) await rm(folder, { recursive: true, force: true })
  }
}

/** True where a socket is left of a process which is gone. */
async function isDeaf(path: string): Promise<boolean> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return false
  } catch (error) {
    return codeOf(error) === 'ECONNREFUSED'
  } finally {
    socket.destroy()
  }
}

/** Writes the answer to whoever connects: the address, or what kept the server from starting. */
async function answerAt(path: string, answer: () => Promise<string>): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    answer().then(
      (url) => socket.end(JSON.stringify({ url })),
      (error: unknown) => socket.end(JSON.stringify({ error: String(error) })),
    )
  })
  await new Promise<void>((resolve) => {
    server.listen(path, resolve)
  })
  return server
}
