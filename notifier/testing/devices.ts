// Devices as tests register and find them.
import type { Pool } from '../../platform/postgres/pool.ts'
import type { RegisterDevice } from '../../protocol/devices.ts'

/** A phone with the token `<deviceId>-token`, unless told otherwise. */
export function phone(deviceId: string, change: Partial<RegisterDevice> = {}): RegisterDevice {
  return {
    deviceId,
    platform: 'android',
    token: `${deviceId}-token`,
    tokenKind: 'token',
    locale: 'en-GB',
    timeZone: 'Europe/London',
    ...change,
  }
}

/** `user/device token` of every device. */
export async function registered(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ place: string }>(
    `SELECT user_id || '/' || device_id || ' ' || token AS place FROM devices ORDER BY 1`,
  )
  return rows.map(({ place }) => place)
}
