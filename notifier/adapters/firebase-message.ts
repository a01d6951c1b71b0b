// A push in the words of the SDK.
import type { Message } from 'firebase-admin/messaging'
import type { DeviceAddress, FcmMessage } from '../ports/push-service.ts'

/** One message serves every platform: each takes the part that is for it. */
export function messageOf(push: FcmMessage, { kind, token }: DeviceAddress): Message {
  const { notification } = push
  const message = {
    data: { ...push.data },
    ...(notification === undefined ? {} : { notification: { ...notification } }),
    android: androidOf(push),
    apns: apnsOf(push),
    webpush: webpushOf(push),
  }
  return kind === 'fid' ? { ...message, fid: token } : { ...message, token }
}

function androidOf({ android, notification }: FcmMessage) {
  const { priority, ttlMs, collapseKey, tag, notificationCount } = android
  const shown = {
    ...(tag === undefined ? {} : { tag }),
    ...(notificationCount === undefined ? {} : { notificationCount }),
  }
  return {
    priority,
    ttl: ttlMs,
    ...(collapseKey === undefined ? {} : { collapseKey }),
    // Without anything to show these would make an empty notification of a silent message.
    ...(notification === undefined ? {} : { notification: shown }),
  }
}

function apnsOf({ apns }: FcmMessage) {
  const { pushType, priority, expirationS, collapseId, threadId, badge, isContentAvailable } = apns
  return {
    headers: {
      'apns-push-type': pushType,
      'apns-priority': String(priority),
      'apns-expiration': String(expirationS),
      ...(collapseId === undefined ? {} : { 'apns-collapse-id': collapseId }),
    },
    payload: {
      aps: {
        ...(threadId === undefined ? {} : { threadId }),
        ...(badge === undefined ? {} : { badge }),
        ...(isContentAvailable === true ? { contentAvailable: true } : {}),
      },
    },
  }
}

function webpushOf({ webpush, notification }: FcmMessage) {
  const { ttlS, urgency, topic, tag } = webpush
  const headers = {
    TTL: String(ttlS),
    Urgency: urgency,
    ...(topic === undefined ? {} : { Topic: topic }),
  }
  // As above: a browser shows what has a notification, be it empty.
  if (notification === undefined || tag === undefined) return { headers }
  return { headers, notification: { tag } }
}
