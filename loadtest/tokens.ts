// Where the load tester's users get their tokens: signed here with the server's own secret, or from the
// server's development mint, or from any address that answers the same question.
import { createHmac, createSecretKey } from 'node:crypto'
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

/** By hand: a token costs 5 µs of processor time so, and 170 µs by jose, as much as all else of a device’s coming. */
function tokensSignedBy(secret: string): Tokens {
  const key = createSecretKey(Buffer.from(secret))
  const header = inBase64Url({ alg: 'HS256' })
  return async (user, roles = []) => {
    const iat = Math.floor(Date.now() / 1_000)
    const claims = inBase64Url({ roles, sub: user, iat, exp: iat + lifeSeconds })
    const signed = `${header}.${claims}`
    return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
  }
}

function inBase64Url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
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
