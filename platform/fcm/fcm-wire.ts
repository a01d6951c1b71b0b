// What a sender posts to `/v1/projects/{project}/messages:send`, in the spelling of the wire, and what
// FCM finds wrong with it before it looks at the device. Only what something here looks at is named.
//
// https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages
import { z } from 'zod'

const texts = z.record(z.string(), z.string())
const Shown = z.looseObject({ title: z.string().exactOptional(), body: z.string().exactOptional() })

export const FcmWireMessage = z.looseObject({
  token: z.string().exactOptional(),
  fid: z.string().exactOptional(),
  data: texts.exactOptional(),
  notification: Shown.exactOptional(),
  android: z
    .looseObject({
      collapse_key: z.string().exactOptional(),
      priority: z.enum(['normal', 'high', 'NORMAL', 'HIGH']).exactOptional(),
      ttl: z
        .string()
        .regex(/^\d+(?:\.\d{1,9})?s$/)
        .exactOptional(),
      notification: Shown.extend({
        tag: z.string().exactOptional(),
        notification_count: z.number().int().exactOptional(),
      }).exactOptional(),
    })
    .exactOptional(),
  apns: z
    .looseObject({
      headers: texts.exactOptional(),
      payload: z
        .looseObject({
          aps: z
            .looseObject({
              alert: z.union([z.string(), Shown]).exactOptional(),
              badge: z.number().int().exactOptional(),
              'content-available': z.literal(1).exactOptional(),
            })
            .exactOptional(),
        })
        .exactOptional(),
    })
    .exactOptional(),
  webpush: z
    .looseObject({
      headers: texts.exactOptional(),
      notification: Shown.extend({ tag: z.string().exactOptional() }).exactOptional(),
    })
    .exactOptional(),
})
export type FcmWireMessage = Readonly<z.output<typeof FcmWireMessage>>

/** Made once: a schema compiles itself at its first use, and reading a message took more than twice as long. */
const Posted = z.object({ message: FcmWireMessage })

/** What is wrong with a message, and where. */
export interface FieldViolation {
  readonly field: string
  readonly description: string
}

export type ReadMessage =
  | { readonly message: FcmWireMessage; readonly to: string }
  | { readonly violations: readonly FieldViolation[] }
  | { readonly tooLarge: true }

/** Keys and values of what the device gets. */
export const fcmPayloadBytesMax = 4_096
/** 28 days. */
const ttlSecondsMax = 2_419_200
/** https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns */
const apnsCollapseIdBytesMax = 64
const reservedDataKey = /^(?:from|message_type|google\..*|gcm\..*)$/

export function readFcmMessage(body: string): ReadMessage {
  const posted = Posted.safeParse(parsed(body))
  if (!posted.success) {
    const violations = posted.error.issues.map(({ path, message }) => violation(path, message))
    return { violations }
  }
  const { message } = posted.data
  const violations = [...violationsOf(message)]
  if (violations.length > 0) return { violations }
  if (fcmPayloadBytes(message) > fcmPayloadBytesMax) return { tooLarge: true }
  return { message, to: message.token ?? message.fid ?? '' }
}

/**
 * The bytes that count towards the limit: what goes to an Android device or a browser, or what goes to an
 * iPhone, whichever is more.
 */
function fcmPayloadBytes(message: FcmWireMessage): number {
  const { data = {}, notification = {} } = message
  const shown = { ...notification, ...message.android?.notification }
  const alert = notification.title === undefined ? {} : { alert: notification }
  const aps = { ...alert, ...message.apns?.payload?.aps }
  return Math.max(
    bytesOf(Object.entries({ ...shown, ...data }).flat()),
    Buffer.byteLength(JSON.stringify({ ...data, ...message.apns?.payload, aps })),
  )
}

function bytesOf(values: readonly unknown[]): number {
  return values.reduce<number>((bytes, value) => bytes + Buffer.byteLength(String(value)), 0)
}

function* violationsOf(message: FcmWireMessage): Generator<FieldViolation> {
  const { token, fid, data = {}, android, apns } = message
  const targets = [token, fid].filter((target) => target !== undefined && target !== '')
  if (targets.length !== 1) yield violation([], 'Recipient of the message is not set.')
  for (const key of Object.keys(data)) {
    if (reservedDataKey.test(key)) yield violation(['message', 'data'], `Invalid data key: ${key}`)
  }
  if (android?.ttl !== undefined && Number.parseFloat(android.ttl) > ttlSecondsMax) {
    yield violation(['message', 'android', 'ttl'], 'Invalid TTL')
  }
  const headers = apns?.headers ?? {}
  const priority = headers['apns-priority']
  if (headers['apns-push-type'] === 'background' && priority !== '5') {
    yield violation(['message', 'apns', 'headers'], 'A background push must have the priority 5')
  }
  if (Buffer.byteLength(headers['apns-collapse-id'] ?? '') > apnsCollapseIdBytesMax) {
    yield violation(['message', 'apns', 'headers'], 'The apns-collapse-id is too long')
  }
}

function violation(path: readonly PropertyKey[], description: string): FieldViolation {
  return { field: path.length === 0 ? 'message' : path.map(String).join('.'), description }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
