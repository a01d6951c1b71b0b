import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../system-clock.ts'
import { type LeakWatch, watchForLeaks } from './leak-check.ts'
import { waitFor } from './wait-for.ts'

let watch: LeakWatch

beforeEach(() => {
  watch = watchForLeaks()
})
afterEach(() => watch.stop())

/** Waits until what the test began is gone again. */
const nothingLeft = () => waitFor(() => watch.leaks().length === 0, { what: 'an end of all leaks' })

test('a timer that was neither fired nor cancelled is told with the line that set it', async () => {
  const timer = setTimeout(() => {}, 3_600_000)
  expect(watch.leaks()).toEqual([expect.stringMatching(/^Timeout from .*leak-check\.test\.ts/u)])
  clearTimeout(timer)
  await nothingLeft()
})

test('a timer of ours is told even where it keeps nothing alive', async () => {
  const timer = systemClock.after(3_600_000, () => {})
  expect(watch.leaks()).toEqual([expect.stringMatching(/^Timeout from .*system-clock\.ts/u)])
  timer.cancel()
  await nothingLeft()
})

test('a server that still listens is told', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  expect(watch.leaks()).toEqual([expect.stringMatching(/^TCPSERVERWRAP from /u)])
  server.close()
  await nothingLeft()
})

test('a connection that a server accepted and nobody closed is told', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
  const accepted = once(server, 'connection')
  const client = connect(address.port, '127.0.0.1')
  await accepted
  expect(watch.leaks().filter((leak) => leak.startsWith('TCPWRAP'))).toHaveLength(2)
  client.destroy()
  server.close()
  await nothingLeft()
})

test('a listener of the process is told', async () => {
  process.on('SIGUSR2', idle)
  expect(watch.leaks()).toContain('1 listener(s) of the process\'s "SIGUSR2"')
  process.off('SIGUSR2', idle)
  await nothingLeft()
})

test('what was put up with is not told', () => {
  const lenient = watchForLeaks({ except: ['leak-check.test.ts'] })
  const timer = setTimeout(() => {}, 3_600_000)
  expect(lenient.leaks()).toEqual([])
  clearTimeout(timer)
  lenient.stop()
})

test('what fired, and what was there before the watch, is no leak', async () => {
  await new Promise((resolve) => setTimeout(resolve, 1))
  await nothingLeft()
})

function idle(): void {}
