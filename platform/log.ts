// Logs: JSON lines on standard output, which never carry a secret, whoever logs what.
import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino'

export type { Logger }

export interface LoggerOptions {
  /** The role of this process or the part that speaks: `gateway`, `engine`, `outcry`. */
  readonly name: string
  readonly level?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'
  /** Where the lines go. Default: standard output, written at once, so a crash loses no line. */
  readonly destination?: DestinationStream
}

const hidden = '[hidden]'

/**
 * Keys whose values are never logged: what opens doors, and what bidders keep from each other (a
 * proxy bid's amount is its secret maximum, so no `amount` is logged at all).
 */
const secretKey =
  /(?:token|secret|password|authorization|cookie|^max$|^yourMax$|^maxPrice$|^amount$|^reserve$|^reservePrice$)$/i

const boundSecrets = ['token', 'authorization', 'secret', 'password', 'amount', 'max', 'reserve']

/** `scheme://user:password@` — the password of an address. */
const addressPassword = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/"]*):[^\s@"]+@/gi
/** A JSON Web Token, wherever it stands. */
const jsonWebToken = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g

/** Deeper than this nothing is worth a log line; it also ends circular structures. */
const depthMax = 6

/** `text` without the passwords of addresses and without tokens. */
function withoutSecrets(text: string): string {
  return text.replace(addressPassword, `$1:${hidden}@`).replace(jsonWebToken, hidden)
}

/** A logger whose lines are JSON objects with `time`, `level`, `name` and `msg`. */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      name: options.name,
      level: options.level ?? 'info',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redactedFields },
      // Errors are already plain when they come here, wherever in the fields they stood.
      serializers: { err: (shown: unknown) => shown },
      // What a child logger is bound to does not pass the formatter.
      redact: { paths: boundSecrets, censor: hidden },
      hooks: { streamWrite: withoutSecrets },
    },
    options.destination ?? pino.destination({ fd: 1, sync: true }),
  )
}

function redactedFields(fields: Record<string, unknown>): Record<string, unknown> {
  const shown: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(fields)) {
    shown[key] = secretKey.test(key) ? hidden : redacted(value, 1)
  }
  return shown
}

function redacted(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth > depthMax) return '[deep]'
  if (value instanceof Error) return redacted(errorFields(value), depth)
  if (Array.isArray(value)) return value.map((item) => redacted(item, depth + 1))
  // Dates, URLs and the like speak for themselves.
  if ('toJSON' in value && typeof value.toJSON === 'function') return value
  const shown: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value)) {
    shown[key] = secretKey.test(key) ? hidden : redacted(inner, depth + 1)
  }
  return shown
}

/** What an error says of itself. Drivers hang whole connections on their errors; those are not for a log. */
function errorFields(error: Error): Record<string, unknown> {
  const fields = Object.entries(stdSerializers.err(error))
  return Object.fromEntries(
    fields.filter(([, value]) => typeof value !== 'object' || Array.isArray(value)),
  )
}
