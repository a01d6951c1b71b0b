import { expect, test } from 'vitest'
import { revocationsMax } from '../limits.ts'
import { identity, noonMs } from '../testing/people.ts'
import { createRevocations } from './revocations.ts'

const issuedAt = (issuedAtMs: number, deviceId?: string) => ({
  ...identity('ann'),
  issuedAtMs,
  ...(deviceId === undefined ? {} : { deviceId }),
})

test('tokens issued before a revocation are revoked, later ones and others’ are not', () => {
  const revocations = createRevocations()
  revocations.add({ userId: 'ann', beforeMs: noonMs })
  expect(revocations.covers(issuedAt(noonMs - 1))).toBe(true)
  expect(revocations.covers(issuedAt(noonMs - 1, 'phone'))).toBe(true)
  expect(revocations.covers(issuedAt(noonMs))).toBe(false)
  expect(revocations.covers(identity('bob'))).toBe(false)
})

test('a token that does not say when it was issued is revoked with the others', () => {
  const revocations = createRevocations()
  const { userId, roles, expiresAtMs } = identity('ann')
  expect(revocations.covers({ userId, roles, expiresAtMs })).toBe(false)
  revocations.add({ userId: 'ann', beforeMs: noonMs })
  expect(revocations.covers({ userId, roles, expiresAtMs })).toBe(true)
})

test('the revocation of a device leaves the others', () => {
  const revocations = createRevocations()
  revocations.add({ userId: 'ann', deviceId: 'phone', beforeMs: noonMs })
  expect(revocations.covers(issuedAt(noonMs - 1, 'phone'))).toBe(true)
  expect(revocations.covers(issuedAt(noonMs - 1, 'laptop'))).toBe(false)
  expect(revocations.covers(issuedAt(noonMs - 1))).toBe(false)
})

test('an earlier revocation that arrives late gives nothing back', () => {
  const revocations = createRevocations()
  revocations.add({ userId: 'ann', beforeMs: noonMs })
  revocations.add({ userId: 'ann', beforeMs: noonMs - 60_000 })
  expect(revocations.covers(issuedAt(noonMs - 1))).toBe(true)
})

test('memory is bounded: the user revoked longest ago is forgotten first', () => {
  const revocations = createRevocations()
  revocations.add({ userId: 'ann', beforeMs: noonMs })
  revocations.add({ userId: 'bob', beforeMs: noonMs })
  revocations.add({ userId: 'ann', beforeMs: noonMs })
  for (let user = 0; user < revocationsMax - 1; user += 1) {
    revocations.add({ userId: `u${user}`, beforeMs: noonMs })
  }
  expect(revocations.covers(identity('bob'))).toBe(false)
  expect(revocations.covers(identity('ann'))).toBe(true)
})
