// Tokens for developers, signed with the secret that also verifies them.
import { SignJWT } from 'jose/jwt/sign'
import type { Clock } from '../../platform/clock.ts'
import type { TokenMint } from '../ports/token-mint.ts'

export interface TokenMintOptions {
  readonly secret: string
  readonly issuer?: string
  readonly audience?: string
  readonly clock: Clock
}

export function createTokenMint(options: TokenMintOptions): TokenMint {
  const { issuer, audience, clock } = options
  const secret = new TextEncoder().encode(options.secret)
  return {
    async mint({ userId, roles, ttlMs, name, deviceId }) {
      const issuedAt = Math.floor(clock.nowMs() / 1_000)
      // Whole seconds, as other verifiers expect; rounded up, so that it lasts as long as was asked.
      const expiresAt = Math.ceil((clock.nowMs() + ttlMs) / 1_000)
      const jwt = new SignJWT({
        roles,
        ...(name === undefined ? {} : { name }),
        ...(deviceId === undefined ? {} : { deviceId }),
      })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setSubject(userId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(expiresAt)
      if (issuer !== undefined) jwt.setIssuer(issuer)
      if (audience !== undefined) jwt.setAudience(audience)
      return { token: await jwt.sign(secret), expiresAtMs: expiresAt * 1_000 }
    },
  }
}
