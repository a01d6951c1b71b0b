// Who is calling? The same answer for a socket's `connect` and for a request's `Authorization`.
import type { Identity } from '../../protocol/identity.ts'
import type { Revocations } from '../ports/revocations.ts'
import type { TokenVerifier } from '../ports/token-verifier.ts'

export type Identification =
  /** Undefined identity: an anonymous watcher, where those are let in. */
  | { readonly known: true; readonly identity: Identity | undefined }
  | {
      readonly known: false
      readonly fault: 'missing' | 'expired' | 'invalid' | 'revoked' | 'unavailable'
      /** Why, fit for a client's eyes. */
      readonly says: string
    }

/** Finds out who a token (or the lack of one) stands for. Never throws. */
export type Identify = (token: string | undefined) => Promise<Identification>

export interface IdentifyOptions {
  readonly verifier: TokenVerifier
  readonly revocations: Revocations
  /** Whether those without a token may watch. */
  readonly anonymous: 'watch' | 'deny'
}

export function createIdentify({ verifier, revocations, anonymous }: IdentifyOptions): Identify {
  return async (token) => {
    // Public SDKs send an empty token where the application gave none.
    if (token === undefined || token === '') {
      if (anonymous === 'watch') return { known: true, identity: undefined }
      return { known: false, fault: 'missing', says: 'a token is needed' }
    }
    const verdict = await verifier.verify(token)
    if (!verdict.valid) return { known: false, fault: verdict.fault, says: verdict.says }
    if (revocations.covers(verdict.identity)) {
      return { known: false, fault: 'revoked', says: 'the token was revoked' }
    }
    return { known: true, identity: verdict.identity }
  }
}
