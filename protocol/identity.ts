// Who speaks, as verified from a token.
export const ROLES = ['seller', 'auctioneer', 'moderator', 'service', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Who acts, as the services are told. An anonymous watcher has no actor: it may do nothing. */
export interface Actor {
  readonly userId: string
  readonly roles: readonly Role[]
}

export interface Identity extends Actor {
  readonly name?: string
  readonly deviceId?: string
  /** When the token ends, epoch ms. */
  readonly expiresAtMs: number
  /** When the token was issued, epoch ms, where it says so (`iat`); revocation looks at it. */
  readonly issuedAtMs?: number
}
