// Those who appear in the tests of the gateway.
import type { Identity, Role } from '../../protocol/identity.ts'
import type { Caller } from '../ports/desk.ts'

export const noonMs = Date.UTC(2026, 0, 1, 12)

export function identity(userId: string, ...roles: Role[]): Identity {
  return { userId, roles, expiresAtMs: noonMs + 3_600_000, issuedAtMs: noonMs - 60_000 }
}

export function caller(who: Identity | undefined): Caller {
  return {
    client: '00000000-0000-7000-8000-000000000001',
    identity: who,
    address: '192.0.2.1',
    origin: 'https://chat.example',
  }
}

export const nobody = caller(undefined)
