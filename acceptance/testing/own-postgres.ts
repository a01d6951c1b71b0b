// A PostgreSQL of a test's own, as durable as the real one: it can be killed, started again at the same
// address, and have its connections cut.
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { migrations } from '../../migrations.ts'
import { EmbeddedPostgres } from '../../platform/embedded/embedded-postgres.ts'
import { createLogger } from '../../platform/log.ts'
import { migrate } from '../../platform/postgres/migrate.ts'

export class OwnPostgres {
  readonly #folder: string
  readonly #server: EmbeddedPostgres

  private constructor(folder: string) {
    this.#folder = folder
    this.#server = new EmbeddedPostgres({
      dataFolder: folder,
      log: createLogger({ name: 'test', level: 'silent' }),
      durability: 'full',
    })
  }

  /** With all tables. */
  static async start(): Promise<OwnPostgres> {
    const folder = await mkdtemp(join(tmpdir(), 'outcry-pg-'))
    // As root, the server runs as somebody else, who must be able to enter.
    await chmod(folder, 0o755)
    const postgres = new OwnPostgres(folder)
    try {
      await postgres.#server.start()
      await migrate(postgres.url, migrations)
      return postgres
    } catch (error) {
      await postgres.stop()
      throw error
    }
  }

  /** As for DATABASE_URL. */
  get url(): string {
    return this.#server.url
  }

  /** As `kill -9` or a power cut ends it. Resolves when the server is gone. */
  async kill(): Promise<void> {
    const { pid, ended } = this.#server
    process.kill(pid, 'SIGKILL')
    await ended
    await this.#server.stop()
  }

  /** Starts it again at the same address, with what was committed. */
  async startAgain(): Promise<void> {
    await this.#server.start()
  }

  /** Ends the connections of whoever calls itself so, in the middle of whatever they do. Returns how many. */
  async cutConnections(applicationName: string): Promise<number> {
    const client = new Client({ connectionString: this.url })
    await client.connect()
    try {
      const { rowCount } = await client.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1',
        [applicationName],
      )
      return rowCount ?? 0
    } finally {
      await client.end()
    }
  }

  async stop(): Promise<void> {
    await this.#server.stop()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
