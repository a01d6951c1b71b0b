import { afterEach, expect, test } from 'vitest'
import type { Bus } from '../../platform/bus/bus.ts'
import { createInProcessBus } from '../../platform/bus/in-process-bus.ts'
import type { Cutoffs } from '../../platform/cutoffs/cutoffs.ts'
import { createMemoryCutoffs } from '../../platform/cutoffs/memory-cutoffs.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import type { Revocation } from '../../protocol/notifications.ts'
import { revocationsKept } from '../limits.ts'
import type { Revocations } from '../ports/revocations.ts'
import { identity, noonMs } from '../testing/people.ts'
import { ownRevocations } from '../testing/revocations.ts'
import { createSharedRevocations } from './shared-revocations.ts'

const started: { stop(): Promise<void> }[] = []

afterEach(async () => {
  for (const part of started.splice(0)) await part.stop()
})

const issuedAt = (issuedAtMs: number, deviceId?: string) => ({
  ...identity('ann'),
  issuedAtMs,
  ...(deviceId === undefined ? {} : { deviceId }),
})

const newCutoffs = () => createMemoryCutoffs(revocationsKept)

/** Those of a gateway that has this bus and these cutoffs. */
async function gatewayOn(
  bus: Bus,
  cutoffs: Cutoffs,
): Promise<{ readonly revocations: Revocations; readonly heard: readonly Revocation[] }> {
  const revocations = createSharedRevocations({ bus, cutoffs })
  await revocations.start()
  started.push(revocations)
  const heard: Revocation[] = []
  revocations.listen((revocation) => void heard.push(revocation))
  return { revocations, heard }
}

test('tokens issued before a revocation are revoked, later ones and others’ are not', () => {
  const revocations = ownRevocations()
  revocations.post({ userId: 'ann', beforeMs: noonMs })
  expect(revocations.covers(issuedAt(noonMs - 1))).toBe(true)
  expect(revocations.covers(issuedAt(noonMs - 1, 'phone'))).toBe(true)
  expect(revocations.covers(issuedAt(noonMs))).toBe(false)
  expect(revocations.covers(identity('bob'))).toBe(false)
})

test('a token that does not say when it was issued is revoked with the others', () => {
  const revocations = ownRevocations()
  const { userId, roles, expiresAtMs } = identity('ann')
  expect(revocations.covers({ userId, roles, expiresAtMs })).toBe(false)
  revocations.post({ userId: 'ann', beforeMs: noonMs })
  expect(revocations.covers({ userId, roles, expiresAtMs })).toBe(true)
})

test('the revocation of a device leaves the others', () => {
  const revocations = ownRevocations()
  revocations.post({ userId: 'ann', deviceId: 'phone', beforeMs: noonMs })
  expect(revocations.covers(issuedAt(noonMs - 1, 'phone'))).toBe(true)
  expect(revocations.covers(issuedAt(noonMs - 1, 'laptop'))).toBe(false)
  expect(revocations.covers(issuedAt(noonMs - 1))).toBe(false)
})

test('an earlier revocation that arrives late gives nothing back', () => {
  const revocations = ownRevocations()
  revocations.post({ userId: 'ann', beforeMs: noonMs })
  revocations.post({ userId: 'ann', beforeMs: noonMs - 60_000 })
  expect(revocations.covers(issuedAt(noonMs - 1))).toBe(true)
})

test('what is posted holds at once where it was posted, and is heard once, whatever the device is called', async () => {
  const { revocations, heard } = await gatewayOn(createInProcessBus(), newCutoffs())
  const revocation = { userId: 'ann', deviceId: 'a:b:c', beforeMs: noonMs }
  revocations.post(revocation)
  expect(revocations.covers(issuedAt(noonMs - 1, 'a:b:c'))).toBe(true)
  revocations.post({ userId: 'bob', beforeMs: noonMs })
  revocations.post(revocation)
  await waitFor(() => heard.length === 2)
  expect(heard).toEqual([revocation, { userId: 'bob', beforeMs: noonMs }])
})

test('the bus alone brings it to the other gateways', async () => {
  const bus = createInProcessBus()
  const one = await gatewayOn(bus, newCutoffs())
  const other = await gatewayOn(bus, newCutoffs())
  one.revocations.post({ userId: 'ann', beforeMs: noonMs })
  await waitFor(() => other.revocations.covers(issuedAt(noonMs - 1)))
  expect(other.heard).toEqual([{ userId: 'ann', beforeMs: noonMs }])
})

test('the cutoffs alone bring it to the other gateways', async () => {
  const cutoffs = newCutoffs()
  const one = await gatewayOn(createInProcessBus(), cutoffs)
  const other = await gatewayOn(createInProcessBus(), cutoffs)
  one.revocations.post({ userId: 'ann', beforeMs: noonMs })
  expect(other.revocations.covers(issuedAt(noonMs - 1))).toBe(true)
  expect(other.heard).toEqual([{ userId: 'ann', beforeMs: noonMs }])
})

test('a gateway that hears on the bus passes it on to those who follow the cutoffs', async () => {
  const bus = createInProcessBus()
  const cutoffs = newCutoffs()
  // Whoever posts has a bus alone; between it and the last one stands a gateway that has both.
  const one = await gatewayOn(bus, newCutoffs())
  await gatewayOn(bus, cutoffs)
  const last = await gatewayOn(createInProcessBus(), cutoffs)
  one.revocations.post({ userId: 'ann', beforeMs: noonMs })
  await waitFor(() => last.revocations.covers(issuedAt(noonMs - 1)))
})

test('a gateway that has stopped hears the bus no more', async () => {
  const bus = createInProcessBus()
  const stopped = createSharedRevocations({ bus, cutoffs: newCutoffs() })
  await stopped.start()
  await stopped.stop()
  const { revocations } = await gatewayOn(bus, newCutoffs())
  const witness = await gatewayOn(bus, newCutoffs())
  revocations.post({ userId: 'ann', beforeMs: noonMs })
  await waitFor(() => witness.heard.length === 1)
  expect(stopped.covers(issuedAt(noonMs - 1))).toBe(false)
})
