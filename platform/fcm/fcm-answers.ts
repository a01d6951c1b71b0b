// What FCM answers, word for word as far as a sender looks at it. Each failure is one that a sender meets
// in production; some say what is the matter only in `details`, some say nothing at all.
//
// https://firebase.google.com/docs/cloud-messaging/error-codes
import type { FieldViolation } from './fcm-wire.ts'

export interface FcmAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

type Detail = Readonly<Record<string, unknown>>

const fcmError = (errorCode: string): Detail => ({
  '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError',
  errorCode,
})
const badRequest = (fieldViolations: readonly FieldViolation[]): Detail => ({
  '@type': 'type.googleapis.com/google.rpc.BadRequest',
  fieldViolations,
})
const quotaFailure = (subject: string, description: string): Detail => ({
  '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
  violations: [{ subject, description }],
})

function failure(
  code: number,
  status: string,
  message: string,
  ...details: readonly Detail[]
): FcmAnswer {
  const error = { code, message, status, ...(details.length === 0 ? {} : { details }) }
  return inJson(code, { error })
}

function inJson(status: number, body: unknown): FcmAnswer {
  return { status, contentType: 'application/json; charset=UTF-8', body: JSON.stringify(body) }
}

export const accepted = (project: string, messageId: string): FcmAnswer =>
  inJson(200, { name: `projects/${project}/messages/${messageId}` })

/** Where the message itself does not hold. */
export const invalidFields = (violations: readonly FieldViolation[]): FcmAnswer => {
  const [first] = violations
  const says = first?.description ?? 'Request contains an invalid argument.'
  return failure(400, 'INVALID_ARGUMENT', says, badRequest(violations))
}

const overQuota =
  'Quota exceeded for quota metric ‘Send requests’ and limit ‘Send requests per minute’.'

export const FCM_FAILURES = {
  /** The app is gone from the device. */
  unregistered: failure(
    404,
    'NOT_FOUND',
    'Requested entity was not found.',
    fcmError('UNREGISTERED'),
  ),
  /** The project is unknown: the same words, and only the detail is missing. */
  unknown_project: failure(404, 'NOT_FOUND', 'Requested entity was not found.'),
  invalid_token: failure(
    400,
    'INVALID_ARGUMENT',
    'The registration token is not a valid FCM registration token',
    fcmError('INVALID_ARGUMENT'),
  ),
  /** As some tokens are refused: both details at once. */
  invalid_token_field: failure(
    400,
    'INVALID_ARGUMENT',
    'Request contains an invalid argument.',
    fcmError('INVALID_ARGUMENT'),
    badRequest([{ field: 'message.token', description: 'Invalid registration token' }]),
  ),
  invalid_message: failure(
    400,
    'INVALID_ARGUMENT',
    "Invalid value at 'message.data[0].value' (TYPE_STRING), 12",
    badRequest([
      {
        field: 'message.data[0].value',
        description: "Invalid value at 'message.data[0].value' (TYPE_STRING), 12",
      },
    ]),
  ),
  /** More than 4,096 bytes: no detail at all. */
  too_large: failure(400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.'),
  /** The same, as it is said for some platforms. */
  too_large_for_android: failure(
    400,
    'INVALID_ARGUMENT',
    'Android message is too big',
    fcmError('INVALID_ARGUMENT'),
    badRequest([{ field: 'message', description: 'Message is too big' }]),
  ),
  sender_id_mismatch: failure(
    403,
    'PERMISSION_DENIED',
    'SenderId mismatch',
    fcmError('SENDER_ID_MISMATCH'),
  ),
  /** The service account may not send at all: tokens have no part in it. */
  permission_denied: failure(
    403,
    'PERMISSION_DENIED',
    "Permission 'cloudmessaging.messages.create' denied on resource '//cloudresourcemanager.googleapis.com/projects/test'.",
  ),
  /** The access token is worth nothing. */
  unauthenticated: failure(
    401,
    'UNAUTHENTICATED',
    'Request had invalid authentication credentials.',
  ),
  /** Apple refuses the key that the project has for it. */
  third_party_auth_error: failure(
    401,
    'UNAUTHENTICATED',
    'Auth error from APNS or Web Push Service',
    fcmError('THIRD_PARTY_AUTH_ERROR'),
  ),
  quota_exceeded: failure(429, 'RESOURCE_EXHAUSTED', overQuota, fcmError('QUOTA_EXCEEDED')),
  /** The same limit, met at the front: it does not know FCM’s own details. */
  rate_limit_exceeded: failure(429, 'RESOURCE_EXHAUSTED', overQuota, {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason: 'RATE_LIMIT_EXCEEDED',
    domain: 'googleapis.com',
  }),
  device_quota_exceeded: failure(
    429,
    'RESOURCE_EXHAUSTED',
    'Device message rate exceeded.',
    fcmError('QUOTA_EXCEEDED'),
    quotaFailure('device', 'Device message rate exceeded'),
  ),
  internal: failure(500, 'INTERNAL', 'Internal error encountered.', fcmError('INTERNAL')),
  unavailable: failure(
    503,
    'UNAVAILABLE',
    'The service is currently unavailable.',
    fcmError('UNAVAILABLE'),
  ),
  /** What stands in front of FCM speaks HTML. */
  bad_gateway: {
    status: 502,
    contentType: 'text/html; charset=UTF-8',
    body: '<!DOCTYPE html><title>Error 502 (Server Error)!!1</title><p>502. That’s an error.',
  },
} as const satisfies Readonly<Record<string, FcmAnswer>>

export type FcmFailure = keyof typeof FCM_FAILURES
