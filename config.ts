// What an operator may change about the all-in-one process, read from the environment once.
// `.env.example` explains each variable.
import { hostname } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { type EngineConfig, readEngineConfig } from './auction-engine/config.ts'
import { type ChatConfig, readChatConfig } from './chat-store/config.ts'
import { type GatewayConfig, readGatewayConfig } from './gateway/config.ts'
import { type NotifierConfig, readNotifierConfig } from './notifier/config.ts'
import { ConfigError, readConfig } from './platform/config.ts'
import { variable } from './platform/config-variables.ts'
import { type ObjectsConfig, readObjectsConfig } from './platform/objects/config.ts'

export interface OutcryConfig {
  /** Holds the embedded database and the secret of its tokens. */
  readonly dataFolder: string
  /** A PostgreSQL of the operator's instead of the embedded one. */
  readonly databaseUrl?: string
  /** 0 takes any free port. */
  readonly metricsPort: number
  readonly logLevel: (typeof LOG_LEVELS)[number]
  readonly engine: EngineConfig
  readonly chat: ChatConfig
  readonly gateway: GatewayConfig
  readonly notifier: NotifierConfig
  readonly objects: ObjectsConfig
}

export type Variables = Readonly<Record<string, string | undefined>>

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** What every process reads. */
export const ProcessEnvironment = z.object({
  OUTCRY_DATA: variable.text().default(join(import.meta.dirname, '.outcry')),
  METRICS_PORT: variable.port().default(9464),
  // The terminal is for people here: nothing is logged but what they should know.
  LOG_LEVEL: variable.oneOf(LOG_LEVELS).default('warn'),
})

const Environment = ProcessEnvironment.extend({
  DATABASE_URL: variable.url('postgres', 'postgresql').optional(),
})

/** @throws ConfigError that names every variable which does not hold, whichever part it is for */
export function readOutcryConfig(env: Variables): OutcryConfig {
  const mode = env['DATABASE_URL']?.trim() ? 'cluster' : 'embedded'
  const { own, engine, chat, gateway, notifier, objects } = readAll({
    own: () => readConfig(Environment, env),
    // Whoever has the data folder is its only engine, on whichever host (a container's changes its name).
    engine: () => readEngineConfig(env, mode === 'embedded' ? 'embedded' : hostname()),
    chat: () => readChatConfig(env),
    gateway: () => readGatewayConfig(env, mode),
    notifier: () => readNotifierConfig(env),
    objects: () => readObjectsConfig(env),
  })
  return {
    dataFolder: own.OUTCRY_DATA,
    ...(own.DATABASE_URL === undefined ? {} : { databaseUrl: own.DATABASE_URL }),
    metricsPort: own.METRICS_PORT,
    logLevel: own.LOG_LEVEL,
    engine,
    chat,
    gateway,
    notifier,
    objects,
  }
}

/** Reads every part before it gives up, so that the faults of all of them are told together. */
export function readAll<Parts extends object>(
  readers: {
    readonly [Name in keyof Parts]: () => Parts[Name]
  },
): Parts {
  const faults: string[] = []
  const parts: Partial<Parts> = {}
  for (const name of Object.keys(readers) as (keyof Parts)[]) {
    try {
      parts[name] = readers[name]()
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      faults.push(...error.faults)
    }
  }
  if (faults.length > 0) throw new ConfigError(faults)
  return parts as Parts
}
