// Why a database cannot be used, for whoever set DATABASE_URL.
import { codeOf, exitCodes, Failure } from '../failure.ts'

/** By the code of Node or of PostgreSQL (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOENT: 'nothing listens there',
  ENOTFOUND: 'its host is not known',
  EAI_AGAIN: 'its host is not known',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'there is no way to its host',
  ECONNRESET: 'it hung up',
  '28P01': 'it refuses this user or password',
  '28000': 'it refuses this user or password',
  '3D000': 'it has no such database',
  '42501': 'the user has too few rights',
  '53300': 'it has no connection left',
  '57P03': 'it is starting or shutting down',
}

/** Codes after which waiting may help: the server restarts, fails over, or is not up yet. */
const passing = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ECONNRESET',
  '53300',
  '57P03',
  '57P01',
])

/** True where the same attempt may succeed later; false where somebody has to change something. */
export function isPassing(error: unknown): boolean {
  const code = codeOf(error)
  return code === undefined || passing.has(code)
}

/** One sentence for a connection that failed. The password of `url` is not in it. */
export function explainConnection(error: unknown, url: string): Failure {
  if (error instanceof Failure) return error
  const code = codeOf(error)
  const words = error instanceof Error ? error.message : String(error)
  const reason = (code === undefined ? undefined : reasons[code]) ?? words
  return new Failure(`The database at ${placeOf(url)} cannot be used: ${reason}.`, {
    hint: 'Check DATABASE_URL, and that PostgreSQL runs there.',
    cause: error,
  })
}

/** Host, port and database of a connection URL: what is fit for a log. */
export function placeOf(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url)
    return `${decodeURIComponent(hostname)}${port === '' ? '' : `:${port}`}${pathname}`
  } catch (error) {
    throw new Failure(
      'DATABASE_URL is not a URL such as postgresql://user:password@host:5432/name.',
      {
        exitCode: exitCodes.configuration,
        cause: error,
      },
    )
  }
}
