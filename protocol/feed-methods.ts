// The methods of a user's feed, and of the devices that are told of it.
import { z } from 'zod'
import { DeviceList, DeviceRef, RegisterDevice } from './devices.ts'
import { FeedOutcome, FeedPage, NotificationPreferences, PreferNotifications } from './feed.ts'
import type { MethodTable } from './method-table.ts'
import { WholeNumber } from './query.ts'

const Nothing = z.object({})

export const ListNotifications = z.object({
  before: WholeNumber.min(1).optional().describe('Notifications of lower seq.'),
  limit: WholeNumber.min(1).max(300).default(50),
})
export type ListNotifications = Readonly<z.output<typeof ListNotifications>>

const UpTo = z.object({
  seq: z.number().int().min(0).describe('And all before. A mark never goes back.'),
})

export const FEED_METHODS = {
  'notification.list': {
    params: ListNotifications,
    http: { method: 'GET', path: '/v1/notifications', success: 200 },
    audience: 'user',
    result: FeedPage,
    summary: 'Your feed, newest first, what of it you have read, and how much is unread.',
  },
  'notification.read': {
    params: UpTo,
    http: { method: 'POST', path: '/v1/notifications/read', success: 200 },
    audience: 'user',
    result: FeedOutcome,
    summary: 'You have read the feed up to here; your other sessions are told.',
  },
  'notification.delivered': {
    params: UpTo,
    http: { method: 'POST', path: '/v1/notifications/delivered', success: 200 },
    audience: 'user',
    result: FeedOutcome,
    summary:
      'This device has the feed up to here and needs no push of it. Without `deviceId` in the token nothing is noted.',
  },
  'notification.preferences': {
    params: Nothing,
    http: { method: 'GET', path: '/v1/notifications/preferences', success: 200 },
    audience: 'user',
    result: NotificationPreferences,
    summary: 'What you are told, and where.',
  },
  'notification.prefer': {
    params: PreferNotifications,
    http: { method: 'PUT', path: '/v1/notifications/preferences', success: 200 },
    audience: 'user',
    result: FeedOutcome,
    summary: 'Settles what you are told, and where; what is not named stays as it is.',
  },
  'device.list': {
    params: Nothing,
    http: { method: 'GET', path: '/v1/devices', success: 200 },
    audience: 'user',
    result: DeviceList,
    summary: 'Your devices that pushes go to.',
  },
  'device.register': {
    params: RegisterDevice,
    http: { method: 'PUT', path: '/v1/devices/{deviceId}', success: 200 },
    audience: 'user',
    result: FeedOutcome,
    summary:
      'Has pushes sent to this device, in its language and not in its quiet hours. A push token is in one hand: whoever registers it later has it.',
  },
  'device.remove': {
    params: DeviceRef,
    http: { method: 'DELETE', path: '/v1/devices/{deviceId}', success: 200 },
    audience: 'user',
    result: FeedOutcome,
    summary: 'No more pushes to this device.',
  },
} as const satisfies MethodTable
