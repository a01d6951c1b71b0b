// What an operator may change about one role of a fleet, read from the environment once. `.env.example`
// explains each variable.
import { hostname } from 'node:os'
import { z } from 'zod'
import { readEngineConfig } from './auction-engine/config.ts'
import { readChatConfig } from './chat-store/config.ts'
import { ProcessEnvironment, readAll, type Variables } from './config.ts'
import { readGatewayConfig, secretCharactersMin } from './gateway/config.ts'
import { readNotifierConfig } from './notifier/config.ts'
import { readConfig } from './platform/config.ts'
import { variable } from './platform/config-variables.ts'
import { readObjectsConfig } from './platform/objects/config.ts'

export const ROLES = ['gateway', 'engine', 'chat', 'notifier'] as const
export type RoleName = (typeof ROLES)[number]

const Environment = ProcessEnvironment.extend({
  DATABASE_URL: variable.url('postgres', 'postgresql'),
  NATS_URL: variable.text(),
  REDIS_URL: variable.redisUrl(),
  CLUSTER_NAME: variable.text().default('outcry'),
  // A fleet's logs are read by machines, and tell what happened.
  LOG_LEVEL: ProcessEnvironment.shape.LOG_LEVEL.removeDefault().default('info'),
})

/** What signs the links to attachments in a folder: the gateway verifies what the chat store signs. */
const Signing = z.object({ JWT_SECRET: variable.secret(secretCharactersMin).optional() })

export type RoleConfig = ReturnType<typeof readRoleConfig>

/** @throws ConfigError that names every variable which does not hold, whichever part it is for */
export function readRoleConfig(role: RoleName, env: Variables) {
  const all = readAll({
    own: () => readConfig(Environment, env),
    // An engine that comes again is another one: two on one host must never share a name.
    engine: () => readEngineConfig(env, `${hostname()}-${process.pid}`),
    chat: () => readChatConfig(env),
    gateway: () => (role === 'gateway' ? readGatewayConfig(env, 'cluster') : undefined),
    notifier: () => readNotifierConfig(env),
    objects: () => readObjectsConfig(env),
    signing: () => (role === 'chat' ? readConfig(Signing, env) : undefined),
  })
  const { OUTCRY_DATA, DATABASE_URL, NATS_URL, REDIS_URL, CLUSTER_NAME, ...own } = all.own
  return {
    role,
    dataFolder: OUTCRY_DATA,
    databaseUrl: DATABASE_URL,
    natsServers: NATS_URL.split(',').map((server) => server.trim()),
    redisUrl: REDIS_URL,
    clusterName: CLUSTER_NAME,
    metricsPort: own.METRICS_PORT,
    logLevel: own.LOG_LEVEL,
    engine: all.engine,
    chat: all.chat,
    gateway: all.gateway,
    notifier: all.notifier,
    objects: all.objects,
    tokenSecret: all.gateway?.tokens.secret ?? all.signing?.JWT_SECRET,
  }
}
