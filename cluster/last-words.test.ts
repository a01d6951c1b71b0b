import { expect, test } from 'vitest'
import { told } from './last-words.ts'

test('what a role said to people at the very end is told from its beginning', () => {
  const log = '{"msg":"started"}\nan older word\n{"msg":"fatal"}\nTypeError: no\n    at one\n\n'
  expect(told(log)).toBe('TypeError: no\n    at one')
  const stack = Array.from({ length: 20 }, (_, at) => `    at ${at}`).join('\n')
  expect(told(`TypeError: no\n${stack}`).split('\n')).toHaveLength(8)
  expect(told(`TypeError: no\n${stack}`)).toMatch(/^TypeError: no\n/)
})

test('a role that said nothing to people is told by the end of its log', () => {
  const log = Array.from({ length: 20 }, (_, at) => `{"at":${at}}`).join('\n')
  expect(told(`${log}\n`).split('\n').at(-1)).toBe('{"at":19}')
  expect(told('')).toBe('')
})
