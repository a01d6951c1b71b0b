// What an operator may change about the notifier, read from the environment once. `.env.example` explains
// each variable.
import { z } from 'zod'
import { ConfigError, type Frozen, readConfig } from '../platform/config.ts'
import { variable } from '../platform/config-variables.ts'
import type { LimitSetting } from '../platform/limits/parse-limit.ts'
import { fcmQuotaPerMinute, fcmQuotaShare } from './limits.ts'

/** Where pushes go. */
export type PushTarget =
  /** To Firebase Cloud Messaging, by a service account. */
  | {
      readonly type: 'firebase'
      readonly credentialsFile: string
      /** The project that the service account must be of. */
      readonly projectId?: string
    }
  /** To what stands in for it at this address, `http://host:port`. */
  | { readonly type: 'stand_in'; readonly endpoint: string }
  /** Nowhere. */
  | { readonly type: 'none' }

export interface NotifierConfig {
  readonly pushTarget: PushTarget
  /** Counted over all notifiers. */
  readonly rates: Readonly<Record<PushLimit, LimitSetting>>
  readonly webhooks: WebhookReach
}

/** Where webhooks may lead, besides public addresses by https. */
export interface WebhookReach {
  /** Networks (`10.2.0.0/16`) of receivers that are not public. */
  readonly allowedNetworks: readonly string[]
  /** Whether `http` will do; for development. */
  readonly allowHttp: boolean
}

/** What the pushes of all users together are counted by. */
export type PushLimit = 'pushes'

const Environment = z.object({
  NODE_ENV: variable.text().optional(),
  GOOGLE_APPLICATION_CREDENTIALS: variable.text().optional(),
  FCM_PROJECT_ID: variable.text().optional(),
  FCM_ENDPOINT: variable.url('http').optional(),
  FCM_QUOTA_PER_MINUTE: variable.wholeNumber({ min: 1 }).default(fcmQuotaPerMinute),
  WEBHOOK_ALLOWED_NETWORKS: variable.networks().default([]),
  WEBHOOK_ALLOW_HTTP: variable.flag().default(false),
})
type Environment = Frozen<z.output<typeof Environment>>

/** @throws ConfigError that names every variable which does not hold */
export function readNotifierConfig(
  env: Readonly<Record<string, string | undefined>>,
): NotifierConfig {
  const read = readConfig(Environment, env)
  const faults = read.NODE_ENV === 'production' ? faultsInProduction(read) : []
  if (faults.length > 0) throw new ConfigError(faults)
  return {
    pushTarget: targetOf(read),
    rates: { pushes: pushRate(read.FCM_QUOTA_PER_MINUTE) },
    webhooks: {
      allowedNetworks: read.WEBHOOK_ALLOWED_NETWORKS,
      allowHttp: read.WEBHOOK_ALLOW_HTTP,
    },
  }
}

function faultsInProduction(read: Environment): string[] {
  return [
    ...(read.FCM_ENDPOINT === undefined
      ? []
      : ['FCM_ENDPOINT: expected nothing with NODE_ENV=production, where pushes go to FCM']),
    ...(read.WEBHOOK_ALLOW_HTTP
      ? ['WEBHOOK_ALLOW_HTTP: expected false with NODE_ENV=production, where webhooks go by https']
      : []),
  ]
}

/** Second by second, so that no minute begins with a burst; a small quota by the minute. */
export function pushRate(quotaPerMinute: number): LimitSetting {
  const perMinute = Math.max(1, Math.floor(quotaPerMinute * fcmQuotaShare))
  const perSecond = Math.floor(perMinute / 60)
  return perSecond >= 10
    ? { points: perSecond, windowMs: 1_000 }
    : { points: perMinute, windowMs: 60_000 }
}

/** Whoever names a stand-in wants nothing to reach real phones, whatever credentials lie about. */
function targetOf(read: Environment): PushTarget {
  const { FCM_ENDPOINT: endpoint, GOOGLE_APPLICATION_CREDENTIALS: credentialsFile } = read
  if (endpoint !== undefined) return { type: 'stand_in', endpoint }
  if (credentialsFile === undefined) return { type: 'none' }
  const { FCM_PROJECT_ID: projectId } = read
  return { type: 'firebase', credentialsFile, ...(projectId === undefined ? {} : { projectId }) }
}
