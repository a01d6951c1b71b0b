// The push book on PostgreSQL.
import { type Pool, transaction } from '../../platform/postgres/pool.ts'
import type { Platform, TokenKind } from '../../protocol/devices.ts'
import type { Delivery } from '../../protocol/feed.ts'
import type { Notification, NotificationType } from '../../protocol/notifications.ts'
import type { Notice } from '../core/notice.ts'
import type { BadgeFacts } from '../core/push/badge.ts'
import type { DigestFacts } from '../core/push/digest.ts'
import type { PushDevice, PushFacts, PushLot, ToldNotification } from '../core/push/facts.ts'
import { pushBatches } from '../limits.ts'
import type { DeviceRef, PushBook, PushRef, PushState } from '../ports/push-book.ts'
import type { DeviceAddress } from '../ports/push-service.ts'
import { addJobs } from './graphile-queries.ts'
import { inBatches } from './in-batches.ts'
import {
  badgeQuery,
  clearedQuery,
  digestQuery,
  endDigestQuery,
  factsQuery,
  forgetDeviceQuery,
  forgetQuery,
  noteQuery,
} from './push-queries.ts'

export function createPostgresPushBook(pool: Pool): PushBook {
  const factsOf = inBatches((asked: readonly Asked[]) => factsOfAll(pool, asked), pushBatches.facts)
  const note = inBatches((ends: readonly PushEnd[]) => noteAll(pool, ends), pushBatches.ends)
  return {
    factsOf: (push, nowMs) => factsOf({ push, nowMs }),
    async note(push, state, tag, nowMs) {
      await note({ push, state, tag, nowMs })
    },
    async waitForDigest(push, nowMs, dueAtMs) {
      const { userId, deviceId } = push
      await transaction(pool, async (client) => {
        await noteAll(client, [{ push, state: 'waits', tag: null, nowMs }])
        const key = `digest:${userId}:${deviceId}`
        const payload = { userId, deviceId }
        await addJobs(client, [{ task: 'push_digest', key, payload, dueAtMs, keepsDue: true }])
      })
    },
    digestOf: (device) => digestOf(pool, device),
    async endDigest({ userId, deviceId }, seqs, tag) {
      await pool.query({ ...endDigestQuery, values: [userId, deviceId, seqs, tag ?? null] })
    },
    badgeOf: (device) => badgeOf(pool, device),
    async noteCleared({ userId, deviceId }, seqs) {
      await pool.query({ ...clearedQuery, values: [userId, deviceId, seqs] })
    },
    async forgetDevice({ userId, deviceId }, token) {
      await pool.query({ ...forgetDeviceQuery, values: [userId, deviceId, token] })
    },
    async forget(beforeMs, limit) {
      const { rowCount } = await pool.query({ ...forgetQuery, values: [beforeMs, limit] })
      return rowCount ?? 0
    },
  }
}

interface PushEnd {
  readonly push: PushRef
  readonly state: PushState | 'waits'
  readonly tag: string | null
  readonly nowMs: number
}

/** Returns nothing, for each. */
async function noteAll(
  client: Pick<Pool, 'query'>,
  ends: readonly PushEnd[],
): Promise<readonly undefined[]> {
  await client.query({
    ...noteQuery,
    values: [
      ends.map(({ push }) => push.userId),
      ends.map(({ push }) => push.deviceId),
      ends.map(({ push }) => push.seq),
      ends.map(({ state }) => state),
      ends.map(({ tag }) => tag),
      ends.map(({ nowMs }) => nowMs),
    ],
  })
  return ends.map(() => undefined)
}

/** All null where there is no such device. */
interface DeviceColumns {
  readonly platform: Platform | null
  readonly token: string | null
  readonly token_kind: TokenKind | null
  readonly locale: string | null
  readonly time_zone: string | null
  readonly quiet_from_min: number | null
  readonly quiet_to_min: number | null
}

interface Device {
  readonly device?: PushDevice
  readonly address?: DeviceAddress
}

function deviceOf(row: DeviceColumns | undefined): Device {
  const { platform, token, token_kind: kind, locale, time_zone: timeZone } = row ?? {}
  if (!platform || !token || !kind || !locale || !timeZone) return {}
  const { quiet_from_min: fromMin = null, quiet_to_min: toMin = null } = row ?? {}
  const quiet = fromMin === null || toMin === null ? {} : { quiet: { timeZone, fromMin, toMin } }
  return { device: { platform, locale, ...quiet }, address: { kind, token } }
}

// ---- one push ---------------------------------------------------------------------------------

interface FactsRow extends DeviceColumns {
  /** Null, as what follows of it, where there is no such notification. */
  readonly type: NotificationType | null
  readonly at_ms: number
  readonly data: Notice['data']
  readonly is_read: boolean
  readonly is_delivered: boolean
  readonly state: string | null
  readonly is_overtaken: boolean
  readonly wanted: Delivery | null
  readonly previews: boolean
  readonly is_muted: boolean
  readonly lot_state: string | null
  readonly lot_ends_at_ms: number | null
  readonly lot_leads: boolean | null
  readonly last_hour: number
  readonly unheard: number
  readonly unread: number
}

interface Asked {
  readonly push: PushRef
  readonly nowMs: number
}

async function factsOfAll(
  pool: Pool,
  asked: readonly Asked[],
): Promise<readonly (PushFacts & Device)[]> {
  const { rows } = await pool.query<FactsRow>({
    ...factsQuery,
    values: [
      asked.map(({ push }) => push.userId),
      asked.map(({ push }) => push.deviceId),
      asked.map(({ push }) => push.seq),
      asked.map(({ nowMs }) => nowMs),
    ],
  })
  return asked.map(({ push: { userId, seq } }, n) => {
    const row = rows[n]
    if (row === undefined) throw new Error('the facts of each push are one row')
    return factsIn(row, userId, seq)
  })
}

function factsIn(row: FactsRow, userId: string, seq: number): PushFacts & Device {
  return {
    ...deviceOf(row),
    ...toldOf(row, userId, seq),
    ...(row.state === null ? {} : { before: row.state === 'waits' ? 'waits' : 'ended' }),
    isOvertaken: row.is_overtaken,
    wanted: row.wanted ?? 'push',
    previews: row.previews,
    isMuted: row.is_muted,
    ...lotOf(row),
    pushesLastHour: row.last_hour,
    pushesUnheard: row.unheard,
    unread: row.unread,
  }
}

function toldOf(
  { type, at_ms: at, data, is_read: isRead, is_delivered: isDelivered }: FactsRow,
  userId: string,
  seq: number,
): { told?: ToldNotification } {
  if (type === null) return {}
  const notification: Notification = { ...data, seq, type, at }
  return { told: { userId, notification, isRead, isDelivered } }
}

function lotOf({ lot_state: state, lot_ends_at_ms: endsAtMs, lot_leads: leads }: FactsRow): {
  lot?: PushLot
} {
  if (state === null || endsAtMs === null) return {}
  return { lot: { isOpen: state === 'open', endsAtMs, leads: leads ?? false } }
}

// ---- one device -------------------------------------------------------------------------------

interface DigestRow extends DeviceColumns {
  readonly unread: number
  /** Null, as what follows, where nothing waits. */
  readonly seq: number | null
  readonly type: NotificationType
  readonly is_over: boolean
}

async function digestOf(
  pool: Pool,
  { userId, deviceId }: DeviceRef,
): Promise<DigestFacts & Device> {
  const { rows } = await pool.query<DigestRow>({ ...digestQuery, values: [userId, deviceId] })
  return {
    ...deviceOf(rows[0]),
    unread: rows[0]?.unread ?? 0,
    waiting: rows.flatMap(({ seq, type, is_over: isOver }) =>
      seq === null ? [] : [{ seq, type, isOver }],
    ),
  }
}

interface BadgeRow extends DeviceColumns {
  readonly unread: number
  /** Null, as what follows, where nothing is shown. */
  readonly seq: number | null
  readonly tag: string
  readonly is_over: boolean
}

async function badgeOf(pool: Pool, { userId, deviceId }: DeviceRef): Promise<BadgeFacts & Device> {
  const { rows } = await pool.query<BadgeRow>({ ...badgeQuery, values: [userId, deviceId] })
  const { device, address } = deviceOf(rows[0])
  return {
    hasDevice: device !== undefined,
    ...(address === undefined ? {} : { address }),
    unread: rows[0]?.unread ?? 0,
    shown: rows.flatMap(({ seq, tag, is_over: isOver }) =>
      seq === null ? [] : [{ seq, tag, isOver }],
    ),
  }
}
