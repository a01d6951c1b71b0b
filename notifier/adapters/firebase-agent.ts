// The connections to FCM: kept open, since each new one costs a handshake; and the way to what stands in
// for it, which the SDK has no setting for.
import { Agent } from 'node:https'
import { connect, type Socket } from 'node:net'

const options = (socketsMax: number) => ({ keepAlive: true, maxSockets: socketsMax })

export function fcmAgent(socketsMax: number): Agent {
  return new Agent(options(socketsMax))
}

/** Whatever the SDK asks of FCM goes to `endpoint` instead, as plain HTTP. */
export function standInAgent(endpoint: string, socketsMax: number): Agent {
  const { hostname, port } = new URL(endpoint)
  return new StandInAgent(hostname, Number(port || 80), socketsMax)
}

/** It says of itself that it speaks HTTPS, or Node would not take it for an address that begins so. */
class StandInAgent extends Agent {
  readonly #host: string
  readonly #port: number

  constructor(host: string, port: number, socketsMax: number) {
    super(options(socketsMax))
    this.#host = host
    this.#port = port
  }

  override createConnection(): Socket {
    return connect({ host: this.#host, port: this.#port, noDelay: true })
  }
}
