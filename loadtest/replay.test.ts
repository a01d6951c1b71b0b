// `npm run replay` on what it cannot use: one clear sentence and an exit code, never a stack.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Failure } from '../platform/failure.ts'
import { startOwnServer } from './own-server.ts'

const command = fileURLToPath(new URL('replay.ts', import.meta.url))
const header = 'auction_id,opening_bid_cents,final_price_cents,placed_at_ms,bidder,max_bid_cents'

function replay(...args: readonly string[]): Promise<{ code: number; says: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [command, ...args], (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, says: stdout + stderr })
    })
  })
}

describe('npm run replay', () => {
  let folder = ''
  let file = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outcry-replay-'))
    file = join(folder, 'auctions.csv')
    await writeFile(file, `${header}\nA1,100,300,1,ann,500\n`)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('a file that is not there', async () => {
    const missing = join(folder, 'nowhere.csv')
    expect(await replay(missing)).toEqual({ code: 69, says: `${missing} does not exist.\n` })
  })

  test('a file with a fault names its line', async () => {
    const wrong = join(folder, 'wrong.csv')
    await writeFile(wrong, `${header}\nA1,100,300,1,ann,500\nA1,100,300,2,bob,many\n`)
    const { code, says } = await replay(wrong)
    expect(code).toBe(69)
    expect(says).toContain(`${wrong}, line 3: max_bid_cents is "many"`)
  })

  test('a server that is not there', async () => {
    const { code, says } = await replay(file, '--url', 'http://127.0.0.1:1')
    expect({ code, says }).toEqual({
      code: 69,
      says: 'The server at http://127.0.0.1:1 can not be reached.\n',
    })
  })

  test.each([
    [['--concurrency', 'many']],
    [['--concurrency', '0']],
    [['--url', 'localhost']],
    [['--speed', '9']],
  ])('an option that does not hold: %s', async (options) => {
    const { code, says } = await replay(file, ...options)
    expect(code).toBe(1)
    expect(says).toMatch(/^error: /)
  })

  test('a server of its own that does not start is quoted', async () => {
    const failure = await startOwnServer({ PORT: 'eighty' }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(Failure)
    expect(String(failure)).toMatch(/ended with exit code 78/)
    expect(String(failure)).toMatch(/PORT: expected a port/)
  })
})
