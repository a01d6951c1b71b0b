// The load tester as an operator runs it: each scenario for a moment against one server, judged and without a fault.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { jwtSecret, startServer, type TestServer } from '../acceptance/testing/server.ts'
import { SCENARIO_NAMES } from './run/plan.ts'
import { unlimited } from './testing/unlimited.ts'

const entry = fileURLToPath(new URL('loadtest.ts', import.meta.url))
/** It stops a gateway, of which there is one here. */
const ELSEWHERE: ReadonlySet<string> = new Set(['drain'])
const small: Readonly<Record<string, readonly string[]>> = {
  replay: ['--connections', '60', '--lots', '8'],
  'slow-readers': ['--connections', '90', '--lots', '4', '--rate', '50'],
}
const usual = ['--connections', '30', '--rate', '50']
const timeoutMs = 120_000

let server: TestServer
beforeAll(async () => {
  server = await startServer(unlimited)
})
afterAll(() => server.stop())

async function loadtest(...words: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [entry, ...words], {
    env: { JWT_SECRET: jwtSecret },
  })
  return stdout
}

describe('a load test by the command line', () => {
  test.each(SCENARIO_NAMES.filter((name) => !ELSEWHERE.has(name)))(
    '%s ends by itself, and its auditor finds no fault',
    async (scenario) => {
      const words = [
        scenario,
        '--url',
        server.url,
        '--duration',
        '2',
        ...(small[scenario] ?? usual),
      ]
      const said = await loadtest(...words, '--ramp', '0', '--database-url', server.databaseUrl)
      expect(said).toMatch(/judged by every stored .*: no fault/)
      expect(said).toContain('connections made')
    },
    timeoutMs,
  )

  test(
    'devices in MessagePack, in two processes, judged by what the server lists',
    async () => {
      const words = ['auction', '--url', server.url, '--duration', '2', ...usual]
      const said = await loadtest(...words, '--encoding', 'msgpack', '--processes', '2')
      expect(said).toMatch(/judged by what the server lists: .*: no fault/)
    },
    timeoutMs,
  )

  test(
    'drain says what it lacks where there is one gateway only',
    async () => {
      await expect(loadtest('drain', '--url', server.url)).rejects.toMatchObject({
        code: 69,
        stderr: expect.stringContaining('drain needs two gateways'),
      })
    },
    timeoutMs,
  )
})
