// What an operator may change about a gateway, read from the environment once. `.env.example` explains
// each variable.
import { z } from 'zod'
import { ConfigError, type Frozen, readConfig } from '../platform/config.ts'
import { variable } from '../platform/config-variables.ts'
import type { LimitSetting } from '../platform/limits/parse-limit.ts'
import {
  commandsPerConnection,
  connectionsPerAddressMax,
  connectionsPerUserMax,
  type GatewayLimit,
  RATES,
} from './limits.ts'

/** `embedded`: everything in one process on a database of its own. `cluster`: one role among others. */
export type GatewayMode = 'embedded' | 'cluster'

export interface GatewayConfig {
  /** 0 takes any free port. */
  readonly port: number
  readonly tls?: { readonly certFile: string; readonly keyFile: string }
  readonly trustProxy: boolean
  readonly allowedOrigins: readonly string[] | 'any'
  readonly anonymous: 'watch' | 'deny'
  readonly tokens: {
    readonly secret?: string
    readonly jwksUrl?: string
    readonly issuer?: string
    readonly audience?: string
  }
  /** Whether `POST /v1/dev/token` exists. */
  readonly devTokens: boolean
  readonly rates: Readonly<Record<GatewayLimit, LimitSetting>>
  readonly connections: {
    readonly commandsPerConnection: LimitSetting
    readonly connectionsPerUserMax: number | 'off'
    readonly connectionsPerAddressMax: number | 'off'
  }
}

/** As many bits as the digest of HS256 has, at one byte a character. */
export const secretCharactersMin = 32

const Environment = z.object({
  NODE_ENV: variable.text().optional(),
  PORT: variable.port().default(8080),
  TLS_CERT: variable.text().optional(),
  TLS_KEY: variable.text().optional(),
  TRUST_PROXY: variable.flag().default(false),
  ALLOWED_ORIGINS: origins().optional(),
  ANONYMOUS: variable.oneOf(['watch', 'deny']).default('watch'),
  JWT_SECRET: variable.secret(secretCharactersMin).optional(),
  JWKS_URL: variable.url('http', 'https').optional(),
  JWT_ISSUER: variable.text().optional(),
  JWT_AUDIENCE: variable.text().optional(),
  DEV_TOKENS: variable.flag().optional(),
  LIMIT_BIDS_PER_USER: variable.limit().default(RATES.bidsPerUser),
  LIMIT_BIDS_PER_USER_ALL_LOTS: variable.limit().default(RATES.bidsPerUserAllLots),
  LIMIT_MESSAGES_PER_USER: variable.limit().default(RATES.messagesPerUser),
  LIMIT_CONVERSATIONS_OPENED_PER_USER: variable.limit().default(RATES.conversationsOpenedPerUser),
  LIMIT_TYPING_PER_USER: variable.limit().default(RATES.typingPerUser),
  LIMIT_FEED_COMMANDS_PER_USER: variable.limit().default(RATES.feedCommandsPerUser),
  LIMIT_REQUESTS_PER_TOKEN: variable.limit().default(RATES.requestsPerToken),
  LIMIT_COMMANDS_PER_CONNECTION: variable.limit().default(commandsPerConnection),
  LIMIT_CONNECTIONS_PER_USER: countOrOff().default(connectionsPerUserMax),
  LIMIT_CONNECTIONS_PER_ADDRESS: countOrOff().default(connectionsPerAddressMax),
})
type Variables = Readonly<Record<string, string | undefined>>
type Environment = Frozen<z.output<typeof Environment>>

/**
 * In embedded mode the secret of the data folder serves where the environment names no keys.
 * @throws ConfigError that names every variable which does not hold.
 */
export function readGatewayConfig(env: Variables, mode: GatewayMode): GatewayConfig {
  const read = readWhole(env, mode)
  const { TLS_CERT: certFile, TLS_KEY: keyFile } = read
  return {
    port: read.PORT,
    ...(certFile === undefined || keyFile === undefined ? {} : { tls: { certFile, keyFile } }),
    trustProxy: read.TRUST_PROXY,
    // Browsers are let in from everywhere on a developer's machine, and only as told in production.
    allowedOrigins: read.ALLOWED_ORIGINS ?? (read.NODE_ENV === 'production' ? [] : 'any'),
    anonymous: read.ANONYMOUS,
    tokens: tokensOf(read),
    devTokens: read.DEV_TOKENS ?? (mode === 'embedded' && read.NODE_ENV !== 'production'),
    rates: {
      bidsPerUser: read.LIMIT_BIDS_PER_USER,
      bidsPerUserAllLots: read.LIMIT_BIDS_PER_USER_ALL_LOTS,
      messagesPerUser: read.LIMIT_MESSAGES_PER_USER,
      conversationsOpenedPerUser: read.LIMIT_CONVERSATIONS_OPENED_PER_USER,
      typingPerUser: read.LIMIT_TYPING_PER_USER,
      feedCommandsPerUser: read.LIMIT_FEED_COMMANDS_PER_USER,
      requestsPerToken: read.LIMIT_REQUESTS_PER_TOKEN,
    },
    connections: {
      commandsPerConnection: read.LIMIT_COMMANDS_PER_CONNECTION,
      connectionsPerUserMax: read.LIMIT_CONNECTIONS_PER_USER,
      connectionsPerAddressMax: read.LIMIT_CONNECTIONS_PER_ADDRESS,
    },
  }
}

function tokensOf(read: Environment): GatewayConfig['tokens'] {
  return {
    ...(read.JWT_SECRET === undefined ? {} : { secret: read.JWT_SECRET }),
    ...(read.JWKS_URL === undefined ? {} : { jwksUrl: read.JWKS_URL }),
    ...(read.JWT_ISSUER === undefined ? {} : { issuer: read.JWT_ISSUER }),
    ...(read.JWT_AUDIENCE === undefined ? {} : { audience: read.JWT_AUDIENCE }),
  }
}

/** @throws ConfigError with the faults of single variables and those of variables together. */
function readWhole(env: Variables, mode: GatewayMode): Environment {
  const faults = contradictions(env, mode)
  try {
    const read = readConfig(Environment, env)
    if (faults.length === 0) return read
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    faults.unshift(...error.faults)
  }
  throw new ConfigError(faults)
}

/** What each variable allows by itself and the others do not. */
function contradictions(env: Variables, mode: GatewayMode): string[] {
  const isSet = (name: keyof Environment): boolean => (env[name] ?? '').trim() !== ''
  const devTokens = variable.flag().safeParse(env['DEV_TOKENS']).data === true
  const faults: string[] = []
  if (mode === 'cluster' && !isSet('JWT_SECRET') && !isSet('JWKS_URL')) {
    faults.push('JWT_SECRET: expected this or JWKS_URL, to verify tokens by, but neither is set')
  }
  if (isSet('TLS_CERT') && !isSet('TLS_KEY')) {
    faults.push('TLS_KEY: expected beside TLS_CERT, but it is not set')
  }
  if (isSet('TLS_KEY') && !isSet('TLS_CERT')) {
    faults.push('TLS_CERT: expected beside TLS_KEY, but it is not set')
  }
  if (devTokens && env['NODE_ENV'] === 'production') {
    faults.push('DEV_TOKENS: expected false with NODE_ENV=production')
  }
  if (devTokens && mode === 'cluster' && !isSet('JWT_SECRET')) {
    faults.push('DEV_TOKENS: expected JWT_SECRET beside it, to sign with, but that is not set')
  }
  return faults
}

/** `https://a.example, https://b.example:8443`, or `*` for any. */
function origins(): z.ZodType<readonly string[] | 'any', string> {
  const expected = 'expected origins such as https://a.example, divided by commas, or *'
  return z.string().transform((text, context) => {
    if (text.trim() === '*') return 'any'
    const parts = text.split(',').map((part) => part.trim())
    if (parts.every((part) => URL.canParse(part) && new URL(part).origin === part)) return parts
    context.issues.push({ code: 'custom', message: expected, input: text })
    return z.NEVER
  })
}

function countOrOff(): z.ZodType<number | 'off', string> {
  return z.string().transform((text, context) => {
    const trimmed = text.trim()
    if (trimmed === 'off') return 'off'
    if (/^[1-9]\d{0,8}$/.test(trimmed)) return Number(trimmed)
    context.issues.push({
      code: 'custom',
      message: 'expected a whole number above 0, or off',
      input: text,
    })
    return z.NEVER
  })
}
