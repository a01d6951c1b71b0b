// The first connection of a process: it waits for a server that is about to come, and knows one that will
// not do.
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { Failure } from '../failure.ts'
import { explainConnection, isPassing, placeOf } from './explain-connection.ts'

/** PostgreSQL 14: the oldest that its makers still mend. */
const oldestVersion = 14
const waitMsDefault = 10_000
const pollMs = 200
/** Where the network swallows packets, waiting for the kernel would take minutes. */
const connectTimeoutMs = 5_000

/**
 * Connects to the database at `url`, waiting up to `waitMs` while the server starts or restarts. The caller
 * ends the connection.
 * @throws Failure: out of reach for so long, too old, or at once where waiting cannot help.
 */
export async function reachDatabase(
  url: string,
  applicationName: string,
  waitMs: number = waitMsDefault,
): Promise<Client> {
  const { client, version } = await connectPatiently(
    url,
    applicationName,
    performance.now() + waitMs,
  )
  if (version >= oldestVersion) return client
  await client.end()
  throw new Failure(
    `The database at ${placeOf(url)} is PostgreSQL ${version}; Outcry needs ${oldestVersion} or newer.`,
  )
}

async function connectPatiently(
  url: string,
  applicationName: string,
  deadlineMs: number,
): Promise<{ readonly client: Client; readonly version: number }> {
  for (;;) {
    const client = new Client({
      connectionString: url,
      application_name: applicationName,
      connectionTimeoutMillis: connectTimeoutMs,
    })
    // A connection that is cut fails the query under way; the event alone would end the process.
    client.on('error', () => {})
    try {
      await client.connect()
      // Asked for here, since a server that goes away may take the connection and hang up at the first question.
      return { client, version: await versionOf(client) }
    } catch (error) {
      await client.end().catch(() => {})
      if (!isPassing(error) || performance.now() >= deadlineMs) throw explainConnection(error, url)
      await sleep(pollMs)
    }
  }
}

async function versionOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ version: number }>(
    "SELECT current_setting('server_version_num')::integer / 10000 AS version",
  )
  return rows[0]?.version ?? 0
}
