import { describe, expect, test } from 'vitest'
import { Failure } from '../failure.ts'
import { explain } from './explain.ts'
import { ServerStartError } from './postmaster.ts'

function failed(code: string, more: object = {}): Error {
  return Object.assign(new Error(`${code}: it did not work`), { code, ...more })
}

const full = 'The disk that holds /data is full, so PostgreSQL cannot start.'

describe('what went wrong is told in one sentence', () => {
  test.for<[string, unknown, string]>([
    ['a full disk, found by Node', failed('ENOSPC'), full],
    [
      'a full disk, found by the server',
      new ServerStartError('could not write to file "pg_wal/xlogtemp.7": No space left on device'),
      full,
    ],
    [
      'a full disk, found by initdb',
      failed('1', {
        stderr:
          'creating subdirectories ... ok\ninitdb: error: could not write file "PG_VERSION": No space left on device\ninitdb: removing data directory',
      }),
      full,
    ],
    [
      'a folder that may not be written',
      failed('EROFS'),
      'The data folder /data cannot be used: EROFS: it did not work.',
    ],
    [
      'a program that may not be run',
      failed('EACCES', { syscall: 'spawn /x/postgres' }),
      'PostgreSQL could not start in /data: EACCES: it did not work.',
    ],
    [
      'the last word of initdb',
      failed('1', { stderr: 'initdb: error: invalid locale name "C"\ninitdb: hint: another' }),
      'PostgreSQL could not start in /data: invalid locale name "C".',
    ],
  ])('%s', ([, error, sentence]) => {
    const failure = explain(error, '/data')
    expect(failure.message).toBe(sentence)
    expect(failure.hint).toBeDefined()
    expect(failure.cause).toBe(error)
  })

  test('a failure that is told already stays as it is', () => {
    const told = new Failure('It rains.')
    expect(explain(told, '/data')).toBe(told)
  })
})
