// Where the load tester's users get their tokens: the server's own development mint, or any address
// that answers the same question.
import { Failure } from '../platform/failure.ts'
import type { Role } from '../protocol/identity.ts'
import { createHttpClient, HttpError } from './http-client.ts'

/** A token for `user`, with `roles`, good for as long as a run may take. */
export type Tokens = (user: string, roles?: readonly Role[]) => Promise<string>

const lifeSeconds = 6 * 3_600

/** @param tokenUrl takes `POST {user, roles, ttlSeconds}` and answers `{token}` */
export function tokensFrom(tokenUrl: string): Tokens {
  const { origin, pathname, search } = new URL(tokenUrl)
  const http = createHttpClient(origin)
  return async (user, roles = []) => {
    const body = { user, roles, ttlSeconds: lifeSeconds }
    const answer = await http.call('POST', `${pathname}${search}`, body).catch((error: unknown) => {
      if (!(error instanceof HttpError)) throw error
      throw new Failure(`${tokenUrl} gives no tokens: it answered ${error.status}.`, {
        hint: 'A server with its own secret mints none; name an address that does by --token-url.',
        cause: error,
      })
    })
    if (typeof answer['token'] === 'string') return answer['token']
    throw new Failure(`${tokenUrl} gives no tokens: its answer has no field "token".`)
  }
}
