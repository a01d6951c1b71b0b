// Tokens verified in this process. Which key a token is held against follows from its algorithm's kind: a
// shared secret verifies HS256 and nothing else, published keys verify the asymmetric ones (by jose) and
// nothing else, so a token signed by HMAC with a public key as its secret has no key to be verified by.
// `none` is in no list.
//
// Of jose only what is needed: all of it would be three times as many modules, a thirtieth of what a start reads.
import type { JWTPayload } from 'jose'
import * as errors from 'jose/errors'
import { createRemoteJWKSet } from 'jose/jwks/remote'
import { jwtVerify } from 'jose/jwt/verify'
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
import { algorithmOf, createHs256Check, faultyClaim, secretAlgorithm } from './hs256-token.ts'

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
  // Optional within `catch`: the fault of a token without roles would be described for nobody.
  roles: z.array(z.string()).optional().catch(undefined),
  name: z.string().min(1).max(128).optional().catch(undefined),
  deviceId: DeviceId.optional(),
  // A token for one channel is not one for the connection.
  channel: z.never().optional(),
})

const SubscriptionClaims = z.object({ sub: UserId, exp: z.number(), channel: z.string() })

export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const check = createCheck(options)
  return {
    async verify(token) {
      const checked = await check(token)
      if (!checked.valid) return checked
      const claims = ConnectionClaims.safeParse(checked.payload)
      if (!claims.success) return invalid('the token does not say who it is for')
      return { valid: true, identity: identityOf(claims.data) }
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
const notAllowed = invalid('the algorithm is not allowed')
const claimFails = (claim: string): TokenRefused => invalid(`the claim "${claim}" does not hold`)

type Checked = { readonly valid: true; readonly payload: JWTPayload } | TokenRefused
type Check = (token: string) => Checked | Promise<Checked>

/** Signature, algorithm, `exp`, `nbf`, and `iss` and `aud` where those are configured. */
function createCheck(options: TokenVerifierOptions): Check {
  const bySecret = createSecretCheck(options)
  const byPublishedKeys = remembering(createPublishedCheck(options), options.clock)
  return (token) => {
    const algorithm = algorithmOf(token)
    if (algorithm === secretAlgorithm) return bySecret(token)
    if (publishedAlgorithms.includes(algorithm ?? '')) return byPublishedKeys(token)
    return algorithm === undefined ? invalid('the token is not valid') : notAllowed
  }
}

/** Nothing is remembered: a token seen again costs 9 µs more than a look-up would, and 230 bytes less. */
function createSecretCheck({
  secret,
  clock,
  ...rules
}: TokenVerifierOptions): (token: string) => Checked {
  if (secret === undefined) return () => notAllowed
  const payloadOf = createHs256Check(secret)
  return (token) => {
    const payload = payloadOf(token)
    if (payload === undefined) return invalid('the token is not valid')
    const faulty = faultyClaim(payload, rules, clock.nowMs())
    if (faulty === undefined) return { valid: true, payload }
    return faulty === 'exp' && typeof payload.exp === 'number' ? expired : claimFails(faulty)
  }
}

function createPublishedCheck(options: TokenVerifierOptions): (token: string) => Promise<Checked> {
  const { jwksUrl, issuer, audience, clock, log } = options
  if (jwksUrl === undefined) return async () => notAllowed
  const keys = createRemoteJWKSet(new URL(jwksUrl), {
    cooldownDuration: options.jwksCooldownMs ?? jwksCooldownMs,
    timeoutDuration: jwksTimeoutMs,
  })
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: publishedAlgorithms,
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

/** A signature by a published key costs 100 µs, which a crowd that comes back is spared. */
function remembering(check: (token: string) => Promise<Checked>, clock: Clock): Check {
  const verified = new LRUCache<string, JWTPayload & { readonly exp: number }>({
    max: verifiedTokensMax,
  })
  return (token) => {
    const payload = verified.get(token)
    if (payload === undefined) return checkAnew(token)
    if (clock.nowMs() < payload.exp * 1_000) return { valid: true, payload }
    verified.delete(token)
    return expired
  }

  async function checkAnew(token: string): Promise<Checked> {
    const checked = await check(token)
    if (checked.valid && checked.payload.exp !== undefined) {
      verified.set(token, { ...checked.payload, exp: checked.payload.exp })
    }
    return checked
  }
}

/** What the client is told. jose's own messages stay here: they may quote the token. */
function faultOf(error: unknown): TokenRefused {
  if (error instanceof errors.JWTExpired) return expired
  if (error instanceof errors.JWTClaimValidationFailed) {
    return claimFails(error.claim)
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return notAllowed
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

/** Shared by the identities of nearly everybody: 32 bytes of each connection. */
const noRoles: readonly Role[] = []

function rolesIn(claimed: readonly string[] | undefined): readonly Role[] {
  if (claimed === undefined || claimed.length === 0) return noRoles
  return ROLES.filter((role) => claimed.includes(role))
}

function identityOf(claims: z.output<typeof ConnectionClaims>): Identity {
  const { sub, exp, iat, roles, name, deviceId } = claims
  const who = { userId: sub, roles: rolesIn(roles), expiresAtMs: exp * 1_000 }
  // What is spread has room reserved for whatever might be: 24 bytes of each connection whose token says no more.
  if (iat === undefined && name === undefined && deviceId === undefined) return who
  return {
    ...who,
    ...(iat === undefined ? {} : { issuedAtMs: iat * 1_000 }),
    ...(name === undefined ? {} : { name }),
    ...(deviceId === undefined ? {} : { deviceId }),
  }
}
