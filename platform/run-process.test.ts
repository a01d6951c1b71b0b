import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { expectNoLeaks } from './testing/leak-check.ts'
import { waitFor } from './testing/wait-for.ts'

expectNoLeaks()

const processUnderTest = new URL('./testing/process-under-test.ts', import.meta.url).pathname
const children: ChildProcess[] = []

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})

/** A process of its own, what it has said, and how it ended. */
function start(behaviour: string, deadlineMs = 30_000) {
  const child = spawn(process.execPath, [processUnderTest, behaviour, String(deadlineMs)])
  children.push(child)
  const said = { out: '', err: '' }
  child.stdout.on('data', (chunk: Buffer) => {
    said.out += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    said.err += chunk.toString()
  })
  const ended = once(child, 'close').then(([code]: unknown[]) => code)
  return {
    said,
    ended,
    saying: (word: string) => waitFor(() => said.out.includes(word), { what: `"${word}"` }),
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    /** Nobody reads what it says any more. */
    turnAway: () => {
      child.stdout.destroy()
      child.stderr.destroy()
    },
  }
}

test.for(['SIGTERM', 'SIGINT'] as const)('%s drains, stops and ends well', async (signal) => {
  const process = start('good')
  await process.saying('ready\n')
  process.kill(signal)
  expect(await process.ended).toBe(0)
  expect(process.said.out).toMatch(/"msg":"draining".*"msg":"drained".*"msg":"stopped"/su)
  expect(process.said.err).toBe('')
})

test('a second signal ends it at once', async () => {
  const process = start('hanging drain')
  await process.saying('ready\n')
  process.kill('SIGINT')
  await process.saying('"msg":"draining"')
  const insisting = setInterval(() => process.kill('SIGINT'), 50)
  try {
    expect(await process.ended).toBe(130)
  } finally {
    clearInterval(insisting)
  }
})

test('one Ctrl-C which comes from the terminal and from npm drains all the same', async () => {
  const process = start('good')
  await process.saying('ready\n')
  process.kill('SIGINT')
  process.kill('SIGINT')
  await process.saying('"msg":"draining"')
  process.kill('SIGINT')
  expect(await process.ended).toBe(0)
})

test('what nobody reads any more is no fault', async () => {
  const process = start('talkative drain')
  await process.saying('ready\n')
  process.turnAway()
  process.kill('SIGTERM')
  expect(await process.ended).toBe(0)
})

test('a process that was forked drains when whoever forked it is gone', async () => {
  const child = fork(processUnderTest, ['good', '30000'], { silent: true })
  children.push(child)
  let said = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const ended = once(child, 'exit')
  await waitFor(() => said.includes('ready\n'))
  child.disconnect()
  expect(await ended).toEqual([0, null])
  expect(said).toContain('"msg":"drained"')
})

test('told to end while it starts, it is never ready', async () => {
  const process = start('hanging start', 200)
  await process.saying('starting\n')
  process.kill('SIGTERM')
  expect(await process.ended).toBe(70)
  expect(process.said.err).toBe('The process did not end cleanly: it was still starting.\n')
  expect(process.said.out).not.toContain('ready')
})

test('a drain past the deadline ends with a fault, told in one sentence', async () => {
  const process = start('hanging drain', 200)
  await process.saying('ready\n')
  process.kill('SIGTERM')
  expect(await process.ended).toBe(70)
  expect(process.said.err).toBe('The process did not end cleanly: part did not drain in time.\n')
})

test('a failure of the start is one sentence and its hint, without a stack', async () => {
  const process = start('port in use')
  expect(await process.ended).toBe(69)
  expect(process.said.err).toBe('PORT 8080 cannot be used.\nSet PORT to a free port.\n')
  expect(process.said.out).not.toContain('ready\n')
})

test('a failure before the start is told the same way', async () => {
  const process = start('unheard of')
  expect(await process.ended).toBe(78)
  expect(process.said.err).toBe('There is no behaviour "unheard of".\n')
})

test('a fault of the start is told with its stack', async () => {
  const process = start('broken start')
  expect(await process.ended).toBe(70)
  expect(process.said.err).toMatch(/^TypeError: a fault of the start\n +at /u)
})

test.for(['fault later', 'rejection later'])(
  'a %s, caught by nobody, drains and ends with a fault',
  async (behaviour) => {
    const process = start(behaviour)
    expect(await process.ended).toBe(70)
    expect(process.said.out).toMatch(/"level":"fatal".*that nobody catches.*"msg":"drained"/su)
  },
)

test('a failure later, caught by nobody, drains and ends by its own code', async () => {
  const process = start('failure later')
  expect(await process.ended).toBe(69)
  expect(process.said.err).toBe('The database has died.\n')
  expect(process.said.out).toMatch(/"level":"fatal".*"msg":"drained"/su)
})
