// The chat store's configuration from the environment.
import { z } from 'zod'
import { readConfig } from '../platform/config.ts'
import { variable } from '../platform/config-variables.ts'
import { type ChatLimits, defaultLimits, defaultRetention, type Retention } from './limits.ts'

const days = () => variable.wholeNumber({ min: 1, max: 36_500 })

const environment = z.object({
  CHAT_LANES: variable.wholeNumber({ min: 1, max: 16 }).default(defaultLimits.lanes),
  CHAT_ROOM_DAYS: days().default(defaultRetention.room),
  CHAT_DIRECT_DAYS: days().optional(),
  CHAT_ORDER_DAYS: days().optional(),
})

export interface ChatConfig {
  readonly limits: ChatLimits
  readonly retention: Retention
}

/** @throws ConfigError naming every variable at fault. */
export function readChatConfig(env: Readonly<Record<string, string | undefined>>): ChatConfig {
  const { CHAT_LANES, CHAT_ROOM_DAYS, CHAT_DIRECT_DAYS, CHAT_ORDER_DAYS } = readConfig(
    environment,
    env,
  )
  return {
    limits: { ...defaultLimits, lanes: CHAT_LANES },
    retention: {
      room: CHAT_ROOM_DAYS,
      ...(CHAT_DIRECT_DAYS === undefined ? {} : { direct: CHAT_DIRECT_DAYS }),
      ...(CHAT_ORDER_DAYS === undefined ? {} : { order: CHAT_ORDER_DAYS }),
    },
  }
}
