// What keeps us from NATS, in a sentence for the operator.
import { ErrorCode } from 'nats'
import { codeOf, Failure } from '../failure.ts'

/** What this bus is tested with; older servers no longer get repairs of their security either. */
const oldestVersion = '2.9'

const refused: ReadonlySet<string> = new Set([
  ErrorCode.AuthorizationViolation,
  ErrorCode.BadAuthentication,
  ErrorCode.AuthenticationExpired,
  ErrorCode.AccountExpired,
  ErrorCode.AuthenticationTimeout,
])
/** Of Node: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const distrusted: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])
const disagreed: ReadonlySet<string> = new Set([ErrorCode.ServerOptionNotAvailable, ErrorCode.Tls])

const reasons: ReadonlyMap<string, string> = new Map([
  [ErrorCode.ConnectionRefused, 'nothing listens there'],
  ['ECONNREFUSED', 'nothing listens there'],
  [ErrorCode.Timeout, 'nothing answers there'],
  [ErrorCode.ConnectionTimeout, 'nothing answers there'],
  ['ETIMEDOUT', 'nothing answers there'],
  ['ENOTFOUND', 'its name leads nowhere'],
  ['EAI_AGAIN', 'its name leads nowhere'],
])

/** @param place `host:port` of the servers that were tried */
export function explainNats(error: unknown, place: string): Failure {
  if (error instanceof Failure) return error
  const code = codeOf(error) ?? ''
  if (refused.has(code)) {
    return new Failure(`NATS at ${place} refuses the credentials it was given.`, {
      hint: 'Put the right user and password, or token, into the address of NATS.',
      cause: error,
    })
  }
  if (distrusted.has(code)) {
    return new Failure(`NATS at ${place} shows a certificate that is not trusted (${code}).`, {
      hint: 'Name the file of its authority in NODE_EXTRA_CA_CERTS, and the host as the certificate does.',
      cause: error,
    })
  }
  if (disagreed.has(code)) {
    return new Failure(`NATS at ${place} and this process do not agree about TLS.`, {
      hint: 'Use tls:// in the address where the server has a certificate, nats:// where it has none.',
      cause: error,
    })
  }
  return new Failure(`NATS cannot be reached at ${place}: ${reasonOf(code, error)}.`, {
    hint: 'Start nats-server there, or correct the address of NATS.',
    cause: error,
  })
}

/** A server of an older release line than the bus can do with; undefined where it will do. */
export function tooOld(version: string, place: string): Failure | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = oldestVersion.split('.').map(Number)
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined
  return new Failure(`NATS at ${place} is version ${version}, which is too old.`, {
    hint: `Use nats-server ${oldestVersion} or newer.`,
  })
}

function reasonOf(code: string, error: unknown): string {
  return reasons.get(code) ?? (error instanceof Error ? error.message : String(error))
}
