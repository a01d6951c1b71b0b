import { expect, test } from 'vitest'
import { PushesUnderWay } from './pushes-under-way.ts'

const phone = { userId: 'ann', deviceId: 'phone' }

test('a push learns of those of its device that are on their way, and of no others', () => {
  const pushes = new PushesUnderWay()
  const [first, second] = [pushes.enter(phone), pushes.enter(phone)]
  const elsewhere = pushes.enter({ userId: 'ann', deviceId: 'tablet' })
  expect([first.unnoted, second.unnoted]).toEqual([0, 0])
  first.begin()
  expect(second.unnoted).toBe(1)
  expect(elsewhere.unnoted).toBe(0)
})

test('what was noted after it entered may be missing in what it read; what was noted before is not', () => {
  const pushes = new PushesUnderWay()
  const [first, second] = [pushes.enter(phone), pushes.enter(phone)]
  first.begin()
  first.leave()
  expect(second.unnoted).toBe(1)
  expect(pushes.enter(phone).unnoted).toBe(0)
})

test('one that was not sent counts for nobody', () => {
  const pushes = new PushesUnderWay()
  const [first, second] = [pushes.enter(phone), pushes.enter(phone)]
  first.leave()
  expect(second.unnoted).toBe(0)
})
