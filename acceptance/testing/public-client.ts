// The public `centrifuge` client, as an app developer would use it, with a socket that tests can cut.
import { randomUUID } from 'node:crypto'
import {
  Centrifuge,
  type ConnectionTokenContext,
  type ServerPublicationContext,
  type SubscribedContext,
  type Subscription,
} from 'centrifuge'
import { WebSocket } from 'ws'
import { waitFor } from '../../platform/testing/wait-for.ts'
import type { BidOutcome, LotPublication, LotSnapshot } from '../../protocol/auction.ts'
import { lotChannel, userChannel } from '../../protocol/channels.ts'
import type { Notification } from '../../protocol/notifications.ts'
import type { TestServer } from './server.ts'

export interface PublicClient {
  readonly centrifuge: Centrifuge
  /** What came on the connection's own `user:` channel, in order. */
  readonly feed: readonly { readonly offset: number; readonly data: Notification }[]
  /** Resolves when connected. */
  connect(): Promise<void>
  /** Cuts the socket without a word, as a lost network does; the client comes back by itself. */
  cut(): void
  /** Keeps the client from coming back until `restore`. */
  loseNetwork(): void
  restore(): void
  bid(lotId: string, amount: number, more?: Readonly<Record<string, unknown>>): Promise<BidOutcome>
  watch(lotId: string): Promise<Watched>
  close(): void
}

/** A subscription to a lot, and what came on it. */
export interface Watched {
  readonly subscription: Subscription
  readonly snapshot: LotSnapshot
  /** The newest answer to `subscribe`, after each recovery. */
  readonly subscribed: readonly SubscribedContext[]
  readonly publications: readonly { readonly offset: number; readonly data: LotPublication }[]
}

export interface PublicClientOptions {
  /** Absent: an anonymous watcher. */
  readonly user?: string
  readonly token?: string
  readonly getToken?: (context: ConnectionTokenContext) => Promise<string>
  /** Where each connection goes, as whatever stands in front of gateways decides. Default: to the server. */
  readonly nextUrl?: () => string
}

/** @param server or whatever else lets people in */
export function publicClient(
  server: Pick<TestServer, 'websocketUrl' | 'token'>,
  options: PublicClientOptions,
): PublicClient {
  const { user, getToken, nextUrl } = options
  let newest: WebSocket | undefined
  let network = true

  /** Called with `new`, which then gives the socket that this returns. */
  function CuttableSocket(url: string, protocols?: string[]): WebSocket {
    // A port where nobody listens: what a phone without a network gets.
    newest = new WebSocket(network ? (nextUrl?.() ?? url) : 'ws://127.0.0.1:1/', protocols)
    return newest
  }
  const centrifuge = new Centrifuge(server.websocketUrl, {
    websocket: CuttableSocket,
    minReconnectDelay: 10,
    maxReconnectDelay: 100,
    ...(options.token === undefined ? {} : { token: options.token }),
    ...(getToken === undefined ? {} : { getToken }),
    ...(user === undefined ? {} : { getToken: () => server.token(user) }),
  })
  const feed: { offset: number; data: Notification }[] = []
  centrifuge.on('publication', ({ channel, offset, data }: ServerPublicationContext) => {
    if (user !== undefined && channel === userChannel(user))
      feed.push({ offset: offset ?? 0, data })
  })
  // An emitter without a listener for errors throws them.
  centrifuge.on('error', () => {})
  return {
    centrifuge,
    feed,
    async connect() {
      centrifuge.connect()
      await centrifuge.ready(10_000)
    },
    cut: () => newest?.terminate(),
    loseNetwork() {
      network = false
      newest?.terminate()
    },
    restore() {
      network = true
    },
    async bid(lotId, amount, more) {
      const command = { lotId, clientBidId: randomUUID(), amount, currency: 'USD', ...more }
      return (await centrifuge.rpc('bid.place', command)).data as BidOutcome
    },
    watch: (lotId) => watchLot(centrifuge, lotId),
    close: () => centrifuge.disconnect(),
  }
}

async function watchLot(centrifuge: Centrifuge, lotId: string): Promise<Watched> {
  const subscription = centrifuge.newSubscription(lotChannel(lotId))
  const publications: { offset: number; data: LotPublication }[] = []
  const subscribed: SubscribedContext[] = []
  subscription.on('publication', ({ offset, data }) => {
    publications.push({ offset: offset ?? 0, data: data as LotPublication })
  })
  subscription.on('subscribed', (context) => subscribed.push(context))
  subscription.on('error', () => {})
  subscription.subscribe()
  const [first] = await waitFor(() => subscribed.length > 0 && subscribed, {
    what: `the subscription to ${lotId}`,
  })
  return { subscription, snapshot: first?.data as LotSnapshot, subscribed, publications }
}
