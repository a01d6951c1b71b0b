import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { BoundedQueue } from './bounded-queue.ts'

test('items leave in the order they came, at most as many as asked for', () => {
  const queue = new BoundedQueue<string>(4)
  for (const item of ['a', 'b', 'c']) expect(queue.push(item, 0)).toBe(true)
  expect(queue.drain(2)).toEqual(['a', 'b'])
  expect(queue.drain(2)).toEqual(['c'])
  expect(queue.drain(2)).toEqual([])
})

test('a full queue takes nothing until something has left', () => {
  const queue = new BoundedQueue<number>(2)
  expect([queue.push(1, 0), queue.push(2, 0), queue.push(3, 0)]).toEqual([true, true, false])
  expect(queue.isFull).toBe(true)
  expect(queue.drain(1)).toEqual([1])
  expect(queue.push(4, 0)).toBe(true)
  expect(queue.drain(9)).toEqual([2, 4])
})

test('it knows how long the oldest item has waited', () => {
  const queue = new BoundedQueue<string>(9)
  expect(queue.oldestWaitMs(1_000)).toBe(0)
  queue.push('a', 1_000)
  queue.push('b', 1_040)
  expect(queue.oldestWaitMs(1_100)).toBe(100)
  queue.drain(1)
  expect(queue.oldestWaitMs(1_100)).toBe(60)
  // A clock that was read earlier than the item came is no negative wait.
  expect(queue.oldestWaitMs(1_000)).toBe(0)
})

test('a bound is a whole number of at least one', () => {
  for (const bound of [0, -1, 1.5, Number.NaN]) {
    expect(() => new BoundedQueue(bound), String(bound)).toThrow(/at least one item/u)
  }
})

test('whatever is pushed and drained, it does what a plain list does', () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ push: fc.integer(), afterMs: fc.nat(50) }),
      fc.record({ drain: fc.nat(40) }),
    ),
    { maxLength: 200 },
  )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 70 }), steps, (bound, played) => {
      const queue = new BoundedQueue<number>(bound)
      let model: { item: number; atMs: number }[] = []
      let nowMs = 0
      for (const step of played) {
        if ('push' in step) {
          nowMs += step.afterMs
          expect(queue.push(step.push, nowMs)).toBe(model.length < bound)
          if (model.length < bound) model.push({ item: step.push, atMs: nowMs })
        } else {
          expect(queue.drain(step.drain)).toEqual(
            model.slice(0, step.drain).map(({ item }) => item),
          )
          model = model.slice(step.drain)
        }
        expect(queue.size).toBe(model.length)
        expect(queue.isFull).toBe(model.length === bound)
        expect(queue.oldestWaitMs(nowMs)).toBe(nowMs - (model[0]?.atMs ?? nowMs))
      }
    }),
  )
})
