// A PostgreSQL for one run, as durable as the real one, with all tables; nothing of it is left behind.
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrations } from '../migrations.ts'
import { EmbeddedPostgres } from '../platform/embedded/embedded-postgres.ts'
import type { Logger } from '../platform/log.ts'
import { migrate } from '../platform/postgres/migrate.ts'

export interface ThrowawayPostgres {
  readonly url: string
  /** Safe to call twice. */
  stop(): Promise<void>
}

export async function startThrowawayPostgres(log: Logger): Promise<ThrowawayPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'outcry-bench-'))
  // PostgreSQL does not run as root: where we do, the user that it runs as must get through.
  await chmod(folder, 0o755)
  const server = new EmbeddedPostgres({ dataFolder: join(folder, 'data'), log })
  const stop = async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await server.start()
    await migrate(server.url, migrations)
    return { url: server.url, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
