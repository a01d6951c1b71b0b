import { expect, test } from 'vitest'
import { AssertionError, assert, assertNever } from './assert.ts'
import { codeOf, exitCodes, Failure } from './failure.ts'

test('a failure is a sentence, a hint and an exit code', () => {
  const cause = new Error('connect ECONNREFUSED')
  const failure = new Failure('The database cannot be reached.', { hint: 'Start it.', cause })
  expect(failure.text).toBe('The database cannot be reached.\nStart it.')
  expect(failure.exitCode).toBe(exitCodes.unavailable)
  expect(failure.cause).toBe(cause)
  expect(new Failure('Plain.').text).toBe('Plain.')
})

test('the code of an error is told where it is one', () => {
  expect(codeOf(Object.assign(new Error('in use'), { code: 'EADDRINUSE' }))).toBe('EADDRINUSE')
  for (const other of [new Error('none'), { code: 5 }, 'EADDRINUSE', null, undefined]) {
    expect(codeOf(other)).toBeUndefined()
  }
})

test('a broken assumption throws what was relied on', () => {
  expect(() => assert(true, 'one writer per lot')).not.toThrow()
  expect(() => assert(false, 'one writer per lot')).toThrow(AssertionError)
  expect(() => assert(false, 'one writer per lot')).toThrow('one writer per lot')
})

test('I12: what no case is for is told without its contents', () => {
  expect(unexpected('sell')).toThrow('unexpected command: sell')
  expect(unexpected({ type: 'sell', amount: 31_337 })).toThrow(
    /^unexpected command: an object of type sell$/u,
  )
  expect(unexpected({ amount: 31_337 })).toThrow(/^unexpected command: an object$/u)
  expect(unexpected(null)).toThrow(/^unexpected command: object$/u)
  expect(unexpected(undefined)).toThrow(/^unexpected command: undefined$/u)
})

function unexpected(value: unknown): () => never {
  return () => assertNever(value as never, 'command')
}
