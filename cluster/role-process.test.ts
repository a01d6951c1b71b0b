import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Failure } from '../platform/failure.ts'
import { createLogger } from '../platform/log.ts'
import { systemClock as clock } from '../platform/system-clock.ts'
import { RoleProcess } from './role-process.ts'

let logs: string
beforeEach(async () => {
  logs = await mkdtemp(join(tmpdir(), 'outcry-role-process-'))
})
afterEach(() => rm(logs, { recursive: true, force: true }))

test('a gateway with development tokens in production ends by 78, and its words are told', async () => {
  const states: (string | undefined)[] = []
  const said: string[] = []
  const gateway = new RoleProcess(
    { role: 'gateway', name: 'gateway-1' },
    {
      env: { NODE_ENV: 'production', DEV_TOKENS: '1', JWT_SECRET: 'x'.repeat(32) },
      logs,
      clock,
      log: createLogger({ name: 'test', level: 'silent' }),
      onChange: ({ state }) => states.push(state),
      say: (text) => said.push(text),
    },
  )
  const failure = await gateway.ready.catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(Failure)
  expect(failure).toMatchObject({
    message: 'gateway-1 ended before it was at work: exit 78.',
    hint: expect.stringContaining('DEV_TOKENS: expected false with NODE_ENV=production'),
    exitCode: 78,
  })
  expect(states).toEqual(['starting', 'exit 78'])
  expect(said).toEqual([])
  expect(await readFile(join(logs, 'gateway-1.log'), 'utf8')).toContain('DEV_TOKENS')
  await gateway.end()
  await gateway.kill()
})
