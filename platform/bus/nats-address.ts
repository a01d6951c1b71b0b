// Where NATS is and how to get in, out of addresses like `nats://user:password@host:4222`. The client
// library takes hosts and ports from an address and passes over the rest, so the rest is read here.
import { exitCodes, Failure } from '../failure.ts'

export interface NatsAddress {
  /** `host:port` of each server, without anything secret. */
  readonly servers: readonly string[]
  readonly user?: string
  readonly pass?: string
  readonly token?: string
  readonly tls?: Record<string, never>
}

const portDefault = '4222'
const schemes = new Set(['nats:', 'tls:'])

/**
 * Reads addresses of the servers of one cluster: `nats://`, or `tls://` for an encrypted connection; a
 * name alone before the `@` is a token. Who is told to whom is taken from the first that says it.
 * @throws Failure where an address cannot be read; its sentence holds no secret.
 */
export function readNatsAddress(addresses: readonly string[]): NatsAddress {
  if (addresses.length === 0) throw unreadable('is empty')
  const urls = addresses.map(readUrl)
  const credentials = urls.find(({ username }) => username !== '')
  return {
    servers: urls.map(({ hostname, port }) => `${hostname}:${port === '' ? portDefault : port}`),
    ...(credentials === undefined ? {} : credentialsOf(credentials)),
    ...(urls.some(({ protocol }) => protocol === 'tls:') ? { tls: {} } : {}),
  }
}

function readUrl(address: string): URL {
  const text = address.trim()
  const url = URL.parse(text.includes('://') ? text : `nats://${text}`)
  if (url === null || url.hostname === '') throw unreadable('holds what is no address')
  if (!schemes.has(url.protocol)) throw unreadable(`speaks ${url.protocol}//`)
  return url
}

function credentialsOf({ username, password }: URL): Pick<NatsAddress, 'user' | 'pass' | 'token'> {
  const name = decodeURIComponent(username)
  return password === '' ? { token: name } : { user: name, pass: decodeURIComponent(password) }
}

function unreadable(why: string): Failure {
  return new Failure(`The address of NATS ${why}.`, {
    hint: 'It looks like nats://user:password@host:4222; several are divided by commas.',
    exitCode: exitCodes.configuration,
  })
}
