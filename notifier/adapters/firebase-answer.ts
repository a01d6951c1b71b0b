// What a failed send means. The SDK's own codes are too coarse to act upon: it calls a revoked access token
// an APNs fault, a missing permission a token of another project, and an unknown project a device that is
// gone. So the answer itself is read: its status and the details in its body.
//
// https://firebase.google.com/docs/cloud-messaging/error-codes
import { z } from 'zod'
import { codeOf } from '../../platform/failure.ts'
import { pauseMsMax, quotaPauseMs } from '../limits.ts'
import type { PushResult } from '../ports/push-service.ts'

export interface Answer {
  readonly result: PushResult
  /** What FCM has against the project or its service account; no message and no token has a part in it. */
  readonly complaint?: string
}

const Failed = z.object({
  status: z.number(),
  headers: z.record(z.string(), z.unknown()).catch({}),
  /** Text, where the body is no JSON. */
  data: z
    .object({
      error: z.object({
        message: z.string().catch(''),
        details: z.array(z.looseObject({ '@type': z.string() })).catch([]),
      }),
    })
    .optional()
    .catch(undefined),
})

/** An answer that is no success, as far as it says anything. */
interface Failed {
  readonly status: number
  readonly says: string
  /** FCM’s own code, such as `UNREGISTERED`. */
  readonly fcmCode: string | undefined
  /** Names of fields. Their descriptions quote what users wrote, and are not for logs. */
  readonly fields: readonly string[]
  readonly isOfDevice: boolean
  readonly retryAfterMs: number | undefined
}

/** @param nowMs by which a Retry-After that names a date is counted */
export function answerOf(error: unknown, nowMs: number): Answer {
  const failed = failedOf(error, nowMs)
  if (failed === undefined) return withoutAnswer(error)
  switch (failed.status) {
    case 400:
      return { result: refusedMessage(failed) }
    case 401:
    case 403:
    case 404:
      return refusedSender(failed)
    case 429:
      return { result: overQuota(failed) }
    default:
      return { result: unavailable(failed.retryAfterMs) }
  }
}

export function unavailable(retryAfterMs?: number): PushResult {
  return { type: 'unavailable', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
}

/** FCM was not reached, or the SDK did not even try. */
function withoutAnswer(error: unknown): Answer {
  const code = codeOf(error) ?? 'unknown'
  const says = error instanceof Error ? error.message : ''
  if (code.startsWith('messaging/')) {
    return { result: { type: 'our_fault', detail: `${code}: ${says}` } }
  }
  // Where the network is away no access token is to be had either; only a refused one is a complaint.
  if (
    code === 'app/invalid-credential' &&
    /invalid_grant|invalid_client|unauthorized/i.test(says)
  ) {
    return { result: unavailable(), complaint: 'Google gives the service account no access token' }
  }
  return { result: unavailable() }
}

function refusedMessage({ says, fcmCode, fields }: Failed): PushResult {
  if (/too (?:big|large|long)/i.test(says)) return { type: 'too_large' }
  const isOfToken = fields.some((field) => /^message\.(?:token|fid)$/.test(field))
  if (isOfToken || (fcmCode !== undefined && fields.length === 0)) return { type: 'bad_token' }
  if (fields.length > 0) return { type: 'our_fault', detail: `invalid: ${fields.join(', ')}` }
  // Of a message that is too large FCM says nothing but that it is invalid.
  return { type: 'too_large' }
}

function refusedSender({ status, fcmCode }: Failed): Answer {
  const result = fcmCode === undefined ? undefined : OF_THE_TOKEN[fcmCode]
  if (result !== undefined) return { result }
  return { result: unavailable(), complaint: COMPLAINTS[status] ?? 'FCM refuses to be used' }
}

const OF_THE_TOKEN: Readonly<Record<string, PushResult>> = {
  UNREGISTERED: { type: 'unregistered' },
  SENDER_ID_MISMATCH: { type: 'wrong_project' },
  THIRD_PARTY_AUTH_ERROR: { type: 'apns_key', detail: 'THIRD_PARTY_AUTH_ERROR' },
  APNS_AUTH_ERROR: { type: 'apns_key', detail: 'APNS_AUTH_ERROR' },
}

const COMPLAINTS: Readonly<Record<number, string>> = {
  401: 'FCM does not take the access token of the service account',
  403: 'the service account may not send: it needs the role Firebase Cloud Messaging API Admin',
  404: 'FCM does not know the project of the service account',
}

function overQuota({ isOfDevice, retryAfterMs = quotaPauseMs }: Failed): PushResult {
  return isOfDevice ? { type: 'device_throttled' } : { type: 'throttled', retryAfterMs }
}

function failedOf(error: unknown, nowMs: number): Failed | undefined {
  const read = z.object({ httpResponse: Failed }).safeParse(error)
  if (!read.success) return undefined
  const { status, headers, data } = read.data.httpResponse
  const { message: says = '', details = [] } = data?.error ?? {}
  const fields = entriesOf(details, 'BadRequest', 'fieldViolations').map(({ field }) => field ?? '')
  const quotas = entriesOf(details, 'QuotaFailure', 'violations')
  return {
    status,
    says,
    fcmCode: textOf(details.find((detail) => isA(detail, 'FcmError'))?.['errorCode']),
    fields: fields.map((field) => field || 'message'),
    isOfDevice: /device/i.test([says, ...quotas.flatMap(Object.values)].join(' ')),
    retryAfterMs: msOf(textOf(headers['retry-after']), nowMs),
  }
}

/** In seconds or as a date; undefined where it says neither. */
function msOf(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - nowMs
  return Number.isNaN(ms) ? undefined : Math.min(pauseMsMax, Math.max(0, ms))
}

type Detail = Readonly<Record<string, unknown>>

function isA(detail: Detail, name: string): boolean {
  return String(detail['@type']).endsWith(`.${name}`)
}

const Entries = z.array(z.record(z.string(), z.string().catch(''))).catch([])

function entriesOf(details: readonly Detail[], name: string, list: string) {
  const matching = details.filter((detail) => isA(detail, name))
  return matching.flatMap((detail) => Entries.parse(detail[list]))
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
