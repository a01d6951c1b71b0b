// What HTTP has and the WebSocket does not: the probes, revoking tokens, minting them for developers.
import { z } from 'zod'
import type { Clock } from '../../../platform/clock.ts'
import { DeviceId } from '../../../protocol/devices.ts'
import { faultsOf } from '../../../protocol/faults.ts'
import type { FeedOutcome } from '../../../protocol/feed.ts'
import { ROLES } from '../../../protocol/identity.ts'
import { UserId } from '../../../protocol/ids.ts'
import type { FeedOffice } from '../../ports/feed-office.ts'
import type { HttpResponse } from '../../ports/http.ts'
import type { Revocations } from '../../ports/revocations.ts'
import type { TokenMint } from '../../ports/token-mint.ts'
import { permitted } from '../method.ts'
import { badRequest, json, problem, problemOf } from './problem.ts'
import type { Resource, ResourceRequest } from './resource.ts'

export const Revoke = z.object({
  userId: UserId,
  device: DeviceId.optional(),
  before: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe('Tokens issued before this, epoch milliseconds; all where it is left out.'),
})

const devTokenTtlSecondsMax = 30 * 24 * 3_600
export const DevToken = z.object({
  user: UserId,
  roles: z.array(z.enum(ROLES)).max(ROLES.length).default([]),
  ttlSeconds: z
    .number()
    .int()
    .min(1)
    .max(devTokenTtlSecondsMax)
    .default(24 * 3_600),
  name: z.string().min(1).max(128).optional(),
  deviceId: DeviceId.optional(),
})

export function probes(ready: () => boolean): Resource[] {
  return [
    {
      method: 'GET',
      path: '/healthz',
      kind: 'probe',
      handle: async () => json(200, { status: 'alive' }),
    },
    {
      method: 'GET',
      path: '/readyz',
      kind: 'probe',
      handle: async () =>
        ready() ? json(200, { status: 'ready' }) : json(503, { status: 'not ready' }),
    },
  ]
}

export interface RevokeOptions {
  readonly revocations: Revocations
  readonly feedOffice: FeedOffice
  readonly clock: Clock
}

/** Tokens first: whoever lost a phone wants its sockets closed, even while no notifier can be reached. */
export function revokeResource({ revocations, feedOffice, clock }: RevokeOptions): Resource {
  return {
    method: 'POST',
    path: '/v1/users/{userId}/revoke',
    kind: 'api',
    handle: async ({ caller, fields, path }) => {
      const checked = Revoke.safeParse({ ...fields, ...path })
      if (!checked.success) return badRequest(faultsOf(checked.error))
      const right = permitted('user.revoke', caller)
      if ('denied' in right) return denied(caller.identity !== undefined)
      const nowMs = clock.nowMs()
      const { userId, device, before = nowMs } = checked.data
      if (before > nowMs) return problem('bad_request', 'before: expected a time in the past')
      const whose = { userId, ...(device === undefined ? {} : { deviceId: device }) }
      revocations.post({ ...whose, beforeMs: before })
      const outcome = await feedOffice.submit({
        type: 'revoke_devices',
        ...whose,
        untilMs: before,
        actor: right.actor,
      })
      if (outcome.outcome !== 'accepted') return pushesGoOn(outcome)
      return json(200, { userId, before, ...(device === undefined ? {} : { device }) })
    },
  }
}

function pushesGoOn(outcome: Exclude<FeedOutcome, { readonly outcome: 'accepted' }>): HttpResponse {
  const status = outcome.outcome === 'unknown' ? 504 : 503
  const says = 'The tokens are worthless; ask again, so that no push goes to their devices either.'
  return problemOf(status, outcome.code, says, { headers: { 'retry-after': '1' } })
}

/** For developers only: whoever can reach it can be anybody. */
export function devTokenResource(mint: TokenMint): Resource {
  return {
    method: 'POST',
    path: '/v1/dev/token',
    kind: 'api',
    handle: async ({ fields }: ResourceRequest) => {
      const checked = DevToken.safeParse(fields)
      if (!checked.success) return badRequest(faultsOf(checked.error))
      const { user, roles, ttlSeconds, name, deviceId } = checked.data
      const { token, expiresAtMs } = await mint.mint({
        userId: user,
        roles,
        ttlMs: ttlSeconds * 1_000,
        ...(name === undefined ? {} : { name }),
        ...(deviceId === undefined ? {} : { deviceId }),
      })
      return json(200, { token, expiresAt: expiresAtMs })
    },
  }
}

const denied = (known: boolean): HttpResponse =>
  known ? problem('permission_denied') : problem('unauthorized', 'a token is needed')
