// Where the load tester's users get their tokens: signed here with the server's own secret, or from the
// server's development mint, or from any address that answers the same question.
import { SignJWT } from 'jose'
import { Failure } from '../platform/failure.ts'
import type { Role } from '../protocol/identity.ts'
import { createHttpClient, HttpError } from './http-client.ts'

/** A token for `user`, with `roles`, good for as long as a run may take. */
export type Tokens = (user: string, roles?: readonly Role[]) => Promise<string>

export interface TokenSource {
  /** Takes `POST {user, roles, ttlSeconds}` and answers `{token}`. */
  readonly tokenUrl: string
  /** `JWT_SECRET` of the servers; nobody needs to be asked then. */
  readonly secret?: string
}

const lifeSeconds = 6 * 3_600

export function tokensOf({ tokenUrl, secret }: TokenSource): Tokens {
  return secret === undefined ? tokensFrom(tokenUrl) : tokensSignedBy(secret)
}

function tokensSignedBy(secret: string): Tokens {
  const key = new TextEncoder().encode(secret)
  return (user, roles = []) =>
    new SignJWT({ roles: [...roles] })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(user)
      .setIssuedAt()
      .setExpirationTime(`${lifeSeconds}s`)
      .sign(key)
}

/** @param tokenUrl takes `POST {user, roles, ttlSeconds}` and answers `{token}` */
export function tokensFrom(tokenUrl: string): Tokens {
  const { origin, pathname, search } = new URL(tokenUrl)
  const http = createHttpClient(origin)
  return async (user, roles = []) => {
    const body = { user, roles, ttlSeconds: lifeSeconds }
    const answer = await http.call('POST', `${pathname}${search}`, body).catch((error: unknown) => {
      if (!(error instanceof HttpError)) throw error
      throw new Failure(`${tokenUrl} gives no tokens: it answered ${error.status}.`, {
        hint: 'A server with its own secret mints none: set JWT_SECRET to that secret, or name an address that mints by --token-url.',
        cause: error,
      })
    })
    if (typeof answer['token'] === 'string') return answer['token']
    throw new Failure(`${tokenUrl} gives no tokens: its answer has no field "token".`)
  }
}
