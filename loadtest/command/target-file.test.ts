import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exitCodes, Failure } from '../../platform/failure.ts'
import { readTarget } from './target-file.ts'

const shipped = new URL('../targets/', import.meta.url)
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outcry-targets-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function failureOf(text: string): Promise<Failure> {
  const file = join(folder, 'target.json')
  await writeFile(file, text)
  const error: unknown = await readTarget(file).catch((reason: unknown) => reason)
  if (error instanceof Failure) return error
  throw new Error('it was taken')
}

test('every target file that is shipped holds', async () => {
  const files = (await readdir(shipped)).filter((name) => name.endsWith('.json'))
  expect(files.length).toBeGreaterThan(4)
  for (const file of files) {
    const { scenario, expect: expected, says } = await readTarget(new URL(file, shipped).pathname)
    expect([`${scenario}.json`, `${scenario}-large.json`]).toContain(file)
    expect(Object.keys(expected).length).toBeGreaterThan(0)
    expect(says).toBeDefined()
  }
})

test.each([
  [
    'an unknown field',
    { scenario: 'auction', option: {}, expect: {} },
    'option: there is no such field; expected options',
  ],
  [
    'an unknown option',
    { scenario: 'auction', options: { connection: 3 }, expect: {} },
    'options.connection: there is no such field; expected connections',
  ],
  [
    'an unknown expectation',
    { scenario: 'auction', expect: { 'bid.p98Ms': { atMost: 3 } } },
    'expect.bid.p98Ms: there is no such field; expected bid.p50Ms, bid.p90Ms, bid.p99Ms, bid.p999Ms or bid.maxMs',
  ],
  [
    'an unknown bound',
    { scenario: 'auction', expect: { lost: { most: 0 } } },
    'expect.lost.most: there is no such field; expected atLeast or atMost',
  ],
  [
    'no bound',
    { scenario: 'auction', expect: { lost: {} } },
    'expect.lost: expected atLeast, or atMost',
  ],
  [
    'bounds that nothing fulfils',
    { scenario: 'auction', expect: { sent: { atLeast: 3, atMost: 2 } } },
    'expect.sent: atLeast is more than atMost',
  ],
  ['no scenario', { expect: {} }, 'scenario: '],
  [
    'an option out of its bounds',
    { scenario: 'auction', options: { lots: 0 }, expect: {} },
    'options.lots: ',
  ],
])('%s is named with the file and its place', async (_, target, says) => {
  const { message, exitCode } = await failureOf(JSON.stringify(target))
  expect(message).toContain('target.json does not hold')
  expect(message).toContain(says)
  expect(exitCode).toBe(exitCodes.configuration)
})

test('all faults of a file are told at once', async () => {
  const { message } = await failureOf(
    '{"scenario":"auction","a":1,"options":{"b":2},"expect":{"c":3}}',
  )
  for (const name of ['a', 'options.b', 'expect.c']) expect(message).toContain(`  ${name}: `)
})

test('a file that is not there, or not JSON, is named', async () => {
  await expect(readTarget('/nowhere/target.json')).rejects.toThrow(
    '/nowhere/target.json can not be read',
  )
  expect((await failureOf('{')).message).toContain('is not JSON')
})
