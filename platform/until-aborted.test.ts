import { expect, test, vi } from 'vitest'
import { untilAborted } from './until-aborted.ts'

const wanted = new AbortController().signal
const reason = new Error('nobody wants it any more')
const never = () => new Promise<never>(() => {})

test('work that is wanted has its own end', async () => {
  await expect(untilAborted(wanted, Promise.resolve(7))).resolves.toBe(7)
  await expect(untilAborted(wanted, Promise.reject(new Error('broke')))).rejects.toThrow('broke')
})

test('nobody waits for what is wanted no more, or was wanted no more from the beginning', async () => {
  const ending = new AbortController()
  const waiting = untilAborted(ending.signal, never())
  ending.abort(reason)
  await expect(waiting).rejects.toBe(reason)
  await expect(untilAborted(ending.signal, never())).rejects.toBe(reason)
  await expect(untilAborted(ending.signal, Promise.resolve(7))).rejects.toBe(reason)
})

test('work that breaks when nobody waits for it is no fault of the process', async () => {
  const unhandled = vi.fn()
  process.on('unhandledRejection', unhandled)
  try {
    const ending = new AbortController()
    const { promise: before, reject: breakBefore } = Promise.withResolvers<never>()
    const { promise: after, reject: breakAfter } = Promise.withResolvers<never>()
    const waiting = untilAborted(ending.signal, before)
    ending.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await expect(untilAborted(ending.signal, after)).rejects.toBe(reason)
    for (const breakIt of [breakBefore, breakAfter]) breakIt(new Error('broke'))
    await new Promise(setImmediate)
    expect(unhandled).not.toHaveBeenCalled()
  } finally {
    process.off('unhandledRejection', unhandled)
  }
})

test('leaves no listener on a signal that outlives the work', async () => {
  const { signal } = new AbortController()
  const listens = vi.spyOn(signal, 'addEventListener')
  const leaves = vi.spyOn(signal, 'removeEventListener')
  await untilAborted(signal, Promise.resolve())
  expect(leaves.mock.calls.map(([, listener]) => listener)).toEqual(
    listens.mock.calls.map(([, listener]) => listener),
  )
})
