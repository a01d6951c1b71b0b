// What stands in front of a fleet in tests: lets each connection in at the next of the gateways that there
// are at that moment, so that clients need to know nobody's address.
import { type PublicClient, type PublicClientOptions, publicClient } from './public-client.ts'
import { signToken } from './server.ts'

/** Gateways' addresses, `http://host:port`, as they are when it is asked. */
export type Gateways = () => readonly string[]

/** A port where nobody listens. */
const nowhere = 'http://127.0.0.1:1'

/** People who arrive through it are spread over the gateways, and find another when theirs has gone. */
export function frontOf(gateways: Gateways) {
  let turns = 0
  const nextUrl = (): string => {
    const there = gateways()
    turns += 1
    const chosen = there[turns % Math.max(1, there.length)] ?? nowhere
    return `${chosen.replace('http', 'ws')}/connection/websocket`
  }
  const server = { websocketUrl: nextUrl(), token: signToken }
  return {
    /** Not connected yet. */
    client: (options: PublicClientOptions): PublicClient =>
      publicClient(server, { ...options, nextUrl }),
  }
}
