// From what went wrong below to what an operator can do about it: one sentence and a hint.
import { codeOf, Failure } from '../failure.ts'
import { ServerStartError } from './postmaster.ts'

/** What a folder is that nothing can be put into. */
const unusable = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'])

/** @param place The folder that the database is in, or was to be in. */
export function explain(error: unknown, place: string): Failure {
  if (error instanceof Failure) return error
  const words = wordsOf(error)
  const options = { cause: error }
  if (codeOf(error) === 'ENOSPC' || words.includes('No space left on device')) {
    return new Failure(`The disk that holds ${place} is full, so PostgreSQL cannot start.`, {
      ...options,
      hint: 'Make room, or set OUTCRY_DATA to a folder on another disk.',
    })
  }
  if (unusable.has(codeOf(error) ?? '') && !isSpawn(error)) {
    return new Failure(`The data folder ${place} cannot be used: ${words}.`, {
      ...options,
      hint: 'Set OUTCRY_DATA to a folder this user may write to.',
    })
  }
  return new Failure(`PostgreSQL could not start in ${place}: ${words}.`, {
    ...options,
    hint: 'Set LOG_LEVEL=debug to see its own log, or set DATABASE_URL to a PostgreSQL of your own.',
  })
}

/** A program that may not be run gives the same codes as a folder that may not be written. */
function isSpawn(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('syscall' in error)) return false
  return String(error.syscall).startsWith('spawn')
}

/** The most telling line: what a program of the server said last, else the error's own message. */
function wordsOf(error: unknown): string {
  if (error instanceof ServerStartError) return error.message
  if (typeof error === 'object' && error !== null && 'stderr' in error) {
    const lines = String(error.stderr).trim().split('\n')
    const told = lines.find((line) => /(error|fatal):/i.test(line)) ?? lines.at(-1) ?? ''
    return told.replace(/^.*?(error|fatal): */i, '')
  }
  return error instanceof Error ? error.message : String(error)
}
