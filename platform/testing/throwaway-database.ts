// A database of its own for a test: all tables, no rows, gone afterwards.
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { Client } from 'pg'
import { inject } from 'vitest'

export interface ThrowawayDatabase {
  /** As for DATABASE_URL. */
  readonly url: string
  /** Removes it; connections that are still open are cut. */
  drop(): Promise<void>
}

/** Makes a database on the PostgreSQL of this test run, with the tables of all services. */
export async function throwawayDatabase(): Promise<ThrowawayDatabase> {
  const template = await askForServer()
  // Copying the files takes half the time of the default, which writes them through the log.
  return makeDatabase(template, `TEMPLATE ${template.pathname.slice(1)} STRATEGY FILE_COPY`)
}

/** The same without any table. */
export async function emptyDatabase(): Promise<ThrowawayDatabase> {
  return makeDatabase(await askForServer(), 'TEMPLATE template0')
}

async function makeDatabase(server: URL, options: string): Promise<ThrowawayDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  // Not from what is copied: that must have no connection.
  const administration = at(server, 'template1')
  await run(administration, `CREATE DATABASE ${name} ${options}`)
  return {
    url: at(server, name),
    drop: () => run(administration, `DROP DATABASE ${name} WITH (FORCE)`),
  }
}

function at(server: URL, database: string): string {
  const url = new URL(server)
  url.pathname = database
  return url.href
}

async function askForServer(): Promise<URL> {
  const answer: { url: string } | { error: string } = JSON.parse(
    await text(connect(inject('testPostgresSocket'))),
  )
  if ('error' in answer)
    throw new Error(`the PostgreSQL of the tests did not start: ${answer.error}`)
  return new URL(answer.url)
}

async function run(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
