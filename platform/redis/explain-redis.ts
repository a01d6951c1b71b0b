// Why a Redis cannot be used, for whoever set REDIS_URL.
import { codeOf } from '../failure.ts'

/** By the code of Node. */
const reasonsByCode: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'its host is not known',
  EAI_AGAIN: 'its host is not known',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'there is no way to its host',
  ECONNRESET: 'it hung up',
}

/** By the first words of Redis itself, or of the client. */
const reasonsByWords: readonly (readonly [RegExp, string])[] = [
  [/^WRONGPASS|^ERR invalid password/u, 'it refuses this user or password'],
  [/^NOAUTH/u, 'it wants a password'],
  [/^NOPERM/u, 'the user has too few rights'],
  [/^ERR max number of clients/u, 'it has no connection left'],
  [/^ERR DB index/u, 'it has no such database'],
  [/^ERR This instance has cluster support disabled/u, 'it is no cluster'],
  [/^Command timed out|^Socket timeout/u, 'it does not answer'],
  [/^Connection is closed/u, 'it hung up'],
]

/** One sentence for a connection that failed; `place` is where Redis was looked for. */
export function explainRedis(error: Error | undefined, place: string): string {
  return `The Redis at ${place} cannot be used: ${reasonOf(error)}.`
}

function reasonOf(error: Error | undefined): string {
  if (error === undefined) return 'it hung up'
  // A cluster of which no node answers tells what the last of them said.
  if ('lastNodeError' in error && error.lastNodeError instanceof Error) {
    return reasonOf(error.lastNodeError)
  }
  const byCode = reasonsByCode[codeOf(error) ?? '']
  if (byCode !== undefined) return byCode
  const { message } = error
  return reasonsByWords.find(([pattern]) => pattern.test(message))?.[1] ?? message
}
