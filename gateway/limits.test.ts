import { expect, test } from 'vitest'
import { downloadLinkMs, uploadLinkMs } from '../platform/objects/limits.ts'
import { commandsPerFrameMax, frameBytesMax } from '../protocol/codec.ts'
import * as limits from './limits.ts'

test('a socket is found slow long before uWebSockets.js drops what it is given', () => {
  expect(limits.socketBufferSoftBytesMax * 4).toBeLessThanOrEqual(limits.socketBufferBytesMax)
  expect(limits.socketBufferResumeBytes * 4).toBeLessThanOrEqual(limits.socketBufferSoftBytesMax)
  expect(limits.socketStuckMs).toBeGreaterThan(limits.sweepIntervalMs)
})

test('a client that answers its pings is never idle', () => {
  // A ping is due at a whole second, and sent at the sweep after it.
  const latestPingMs = limits.pingIntervalMs + 1_000 + limits.sweepIntervalMs
  const silentMs = latestPingMs + limits.pongDeadlineMs + limits.sweepIntervalMs
  expect(limits.socketIdleSeconds * 1_000).toBeGreaterThan(silentMs)
})

test('a pong is overdue before the next ping, which would put its deadline off for ever', () => {
  expect(limits.pongDeadlineMs + limits.sweepIntervalMs).toBeLessThan(limits.pingIntervalMs)
})

test('the first frame has room for a token, and less than any other', () => {
  expect(limits.firstFrameBytesMax).toBeLessThan(frameBytesMax)
  expect(limits.firstFrameBytesMax).toBeGreaterThan(3_500)
})

test('a full frame is within the burst of commands', () => {
  expect(limits.commandsPerConnection.burst).toBeGreaterThanOrEqual(commandsPerFrameMax)
})

test('a store that fails is told before the whole admission is given up', () => {
  expect(limits.loadTimeoutMs + limits.sweepIntervalMs).toBeLessThan(limits.admissionDeadlineMs)
})

test('verdicts are waited for in a drain as long as anywhere', () => {
  expect(limits.drainAnswersMs).toBeGreaterThan(limits.verdictDeadlineMs)
})

test('a reconnect finds its channel warm', () => {
  expect(limits.channelLingerMs).toBeGreaterThan(limits.drainSpreadMs)
})

test('transfers leave file descriptors to everything else, and last as long as their links', () => {
  expect(limits.transfersMax * 2).toBeLessThan(limits.fileDescriptorsReserved)
  expect(limits.transferMsMax).toBeGreaterThanOrEqual(uploadLinkMs)
  expect(limits.downloadCacheSeconds * 1_000).toBeLessThanOrEqual(downloadLinkMs)
})
