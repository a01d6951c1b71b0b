import { readdir } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { namedServers } from './servers.ts'
import { readTarget } from './target-file.ts'
import { taskOf } from './wish.ts'

const room = { cores: 2, openFilesMax: 1_000_000, portsPerSource: 1_000_000 }
const named = { urls: ['http://127.0.0.1:8080'], metricsUrls: [], limitsLifted: [] }
const shipped = new URL('../targets/', import.meta.url)

test.each([
  ['connect', { rate: 5 }, 'connect has no use for --rate.'],
  ['auction', { payload: 5 }, 'auction has no use for --payload.'],
  ['chat', { lots: 5 }, 'chat has no use for --lots.'],
  ['http', { seed: 5 }, 'http has no use for --seed.'],
  ['http', { databaseUrl: 'postgres://localhost' }, 'http has no use for --database-url.'],
  ['auction', { drainPid: 5 }, 'auction has no use for --drain-pid.'],
] as const)('%s refuses %o, which would do nothing', (scenario, given, says) => {
  expect(() => taskOf(scenario, { given, named, room })).toThrow(says)
})

test('what a target file says without effect is refused as well', () => {
  const target = { scenario: 'chat', options: { lots: 5 }, expect: {} } as const
  expect(() => taskOf(target, { given: {}, named, room })).toThrow('no use for --lots')
})

test('every target file that is shipped can be run', async () => {
  const files = (await readdir(shipped)).filter((name) => name.endsWith('.json'))
  expect(files.length).toBeGreaterThan(4)
  for (const file of files) {
    const target = await readTarget(new URL(file, shipped).pathname)
    expect(taskOf(target, { given: {}, named, room })).toMatchObject(target.options)
  }
})

test.each([
  ['--database-url', { databaseUrl: 'postgres://localhost' }],
  ['--metrics-url', { metricsUrl: ['http://localhost:9464'] }],
  ['--token-url', { tokenUrl: 'http://localhost:8080' }],
  ['--drain-pid', { drainPid: 5 }],
])('%s is refused where no server is named', async (option, given) => {
  await expect(namedServers(given)).rejects.toThrow(`${option} belongs to servers that run already`)
})
