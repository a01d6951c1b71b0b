// Tokens verified in this process, with jose. Which key a token is held against follows from its
// algorithm's kind: a shared secret verifies HS256 and nothing else, published keys verify the
// asymmetric ones and nothing else, so a token signed by HMAC with a public key as its secret has no
// key to be verified by. `none` is in no list.
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import { parseChannel } from '../../protocol/channels.ts'
import { DeviceId } from '../../protocol/devices.ts'
import { type Identity, ROLES, type Role } from '../../protocol/identity.ts'
import { UserId } from '../../protocol/ids.ts'
import { verifiedTokensMax } from '../limits.ts'
import type { SubscriptionVerdict, TokenRefused, TokenVerifier } from '../ports/token-verifier.ts'

const secretAlgorithm = 'HS256'
const publishedAlgorithms = ['RS256', 'ES256', 'EdDSA']

/** Between two fetches for a key that is not among the known ones, so that made-up ids cost nobody much. */
const jwksCooldownMs = 5_000
const jwksTimeoutMs = 3_000

export interface TokenVerifierOptions {
  /** Verifies HS256. At least one of `secret` and `jwksUrl` is given. */
  readonly secret?: string
  /** Publishes the keys that verify RS256, ES256 and EdDSA. */
  readonly jwksUrl?: string
  readonly issuer?: string
  readonly audience?: string
  readonly clock: Clock
  readonly log: Logger
  /** Default: 5 s. */
  readonly jwksCooldownMs?: number
}

/** What is read of a token that says who somebody is; whatever else it holds is for others. */
const ConnectionClaims = z.object({
  sub: UserId,
  exp: z.number(),
  iat: z.number().optional(),
  roles: z.array(z.string()).catch([]),
  name: z.string().min(1).max(128).optional().catch(undefined),
  deviceId: DeviceId.optional(),
  // A token for one channel is not one for the connection.
  channel: z.never().optional(),
})

const SubscriptionClaims = z.object({ sub: UserId, exp: z.number(), channel: z.string() })

export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const check = createSignatureCheck(options)
  const verified = new LRUCache<string, Identity>({ max: verifiedTokensMax })
  return {
    async verify(token) {
      const known = verified.get(token)
      if (known !== undefined) {
        if (options.clock.nowMs() < known.expiresAtMs) return { valid: true, identity: known }
        verified.delete(token)
        return expired
      }
      const checked = await check(token)
      if (!checked.valid) return checked
      const claims = ConnectionClaims.safeParse(checked.payload)
      if (!claims.success) return invalid('the token does not say who it is for')
      const identity = identityOf(claims.data)
      verified.set(token, identity)
      return { valid: true, identity }
    },
    async verifySubscription(token): Promise<SubscriptionVerdict> {
      const checked = await check(token)
      if (!checked.valid) return checked
      const claims = SubscriptionClaims.safeParse(checked.payload)
      if (!claims.success || parseChannel(claims.data.channel) === undefined) {
        return invalid('the token names no channel')
      }
      const { sub, channel, exp } = claims.data
      return { valid: true, userId: sub, channel, expiresAtMs: exp * 1_000 }
    },
  }
}

const expired: TokenRefused = { valid: false, fault: 'expired', says: 'the token has expired' }
const invalid = (says: string): TokenRefused => ({ valid: false, fault: 'invalid', says })

type Checked = { readonly valid: true; readonly payload: JWTPayload } | TokenRefused

/** Signature, algorithm, `exp`, `nbf`, and `iss` and `aud` where those are configured. */
function createSignatureCheck(options: TokenVerifierOptions): (token: string) => Promise<Checked> {
  const { secret, jwksUrl, issuer, audience, clock, log } = options
  const algorithms = [
    ...(secret === undefined ? [] : [secretAlgorithm]),
    ...(jwksUrl === undefined ? [] : publishedAlgorithms),
  ]
  const keyFor = createKeyChoice(options)
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keyFor, {
        algorithms,
        requiredClaims: ['exp', 'sub'],
        currentDate: new Date(clock.nowMs()),
        ...(issuer === undefined ? {} : { issuer }),
        ...(audience === undefined ? {} : { audience }),
      })
      return { valid: true, payload }
    } catch (err) {
      const refused = faultOf(err)
      if (refused.fault === 'unavailable')
        log.error({ err }, 'the keys for tokens are out of reach')
      return refused
    }
  }
}

function createKeyChoice(options: TokenVerifierOptions): JWTVerifyGetKey {
  const { secret, jwksUrl } = options
  const shared = secret === undefined ? undefined : new TextEncoder().encode(secret)
  const published =
    jwksUrl === undefined
      ? undefined
      : createRemoteJWKSet(new URL(jwksUrl), {
          cooldownDuration: options.jwksCooldownMs ?? jwksCooldownMs,
          timeoutDuration: jwksTimeoutMs,
        })
  return async (header, token) => {
    if (header.alg === secretAlgorithm && shared !== undefined) return shared
    if (published !== undefined && publishedAlgorithms.includes(header.alg)) {
      return await published(header, token)
    }
    throw new errors.JOSEAlgNotAllowed('the algorithm is not allowed')
  }
}

/** What the client is told. jose's own messages stay here: they may quote the token. */
function faultOf(error: unknown): TokenRefused {
  if (error instanceof errors.JWTExpired) return expired
  if (error instanceof errors.JWTClaimValidationFailed) {
    return invalid(`the claim "${error.claim}" does not hold`)
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return invalid('the algorithm is not allowed')
  if (error instanceof errors.JWKSNoMatchingKey) return invalid('the key is not known')
  if (keysOutOfReach(error)) {
    return { valid: false, fault: 'unavailable', says: 'tokens can not be verified just now' }
  }
  return invalid('the token is not valid')
}

/** The faults of fetching keys, as against those of a token: a timeout, a refused connection, a bad answer. */
function keysOutOfReach(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return true
  if (!(error instanceof errors.JOSEError)) return true
  return error.code === 'ERR_JOSE_GENERIC'
}

function identityOf(claims: z.output<typeof ConnectionClaims>): Identity {
  const { sub, exp, iat, roles, name, deviceId } = claims
  return {
    userId: sub,
    roles: ROLES.filter((role: Role) => roles.includes(role)),
    expiresAtMs: exp * 1_000,
    ...(iat === undefined ? {} : { issuedAtMs: iat * 1_000 }),
    ...(name === undefined ? {} : { name }),
    ...(deviceId === undefined ? {} : { deviceId }),
  }
}
