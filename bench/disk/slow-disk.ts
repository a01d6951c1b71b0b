// A disk that is slower than this machine's: PostgreSQL is started with a library that waits before each fsync.
import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { codeOf, Failure } from '../../platform/failure.ts'
import type { Keep } from '../keeping.ts'

const source = fileURLToPath(new URL('slow-fsync.c', import.meta.url))
const commits = 50

/**
 * Compiles the library into a folder that is gone when the bench is over.
 * @returns the variables for a PostgreSQL whose every fsync takes so much longer
 * @throws Failure where there is no compiler, or it can not compile for this system
 */
export async function slowDisk(
  keep: Keep,
  delayMs: number,
  compiler = 'cc',
): Promise<Readonly<Record<string, string>>> {
  const folder = await keep(mkdtemp(join(tmpdir(), 'outcry-slow-disk-')), (made) =>
    rm(made, { recursive: true, force: true }),
  )
  // PostgreSQL does not run as root: where we do, the user that it runs as must get through.
  await chmod(folder, 0o755)
  const library = join(folder, 'slow-fsync.so')
  const options = ['-O2', '-Wall', '-shared', '-fPIC', '-o', library, source, '-ldl']
  try {
    await promisify(execFile)(compiler, options)
  } catch (cause) {
    throw new Failure(
      codeOf(cause) === 'ENOENT'
        ? `The disk can not be made slower: there is no C compiler (${compiler}).`
        : `The disk can not be made slower: ${compiler} does not compile ${source} here.`,
      { hint: 'Install gcc, or leave this bench out.', cause },
    )
  }
  return { LD_PRELOAD: library, SLOW_FSYNC_US: String(delayMs * 1_000) }
}

/** How long a commit takes that nobody else is waiting for, in ms; the least of some. */
export async function commitMs(databaseUrl: string): Promise<number> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query('CREATE TABLE bench_commits (nth int)')
    const tookMs: number[] = []
    for (let nth = 0; nth < commits; nth += 1) {
      const startedMs = performance.now()
      await client.query('INSERT INTO bench_commits VALUES ($1)', [nth])
      tookMs.push(performance.now() - startedMs)
    }
    await client.query('DROP TABLE bench_commits')
    return Math.min(...tookMs)
  } finally {
    await client.end()
  }
}
