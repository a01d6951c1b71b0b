// Who makes tokens where there is no identity provider: on a developer's machine.
import type { Role } from '../../protocol/identity.ts'

export interface TokenOrder {
  readonly userId: string
  readonly roles: readonly Role[]
  readonly ttlMs: number
  readonly name?: string
  readonly deviceId?: string
}

export interface TokenMint {
  mint(order: TokenOrder): Promise<{ readonly token: string; readonly expiresAtMs: number }>
}
