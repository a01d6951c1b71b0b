// The gateway put together: what stands behind each port, and in which order its parts come and go.
import type { Bus } from '../platform/bus/bus.ts'
import type { Clock } from '../platform/clock.ts'
import type { ConnectionCounts } from '../platform/connections/connection-counts.ts'
import type { Cutoffs } from '../platform/cutoffs/cutoffs.ts'
import { type Part, partOfParts } from '../platform/lifecycle.ts'
import type { Limits } from '../platform/limits/limits.ts'
import type { Logger } from '../platform/log.ts'
import type { Registry } from '../platform/metrics.ts'
import type { FolderObjectStore } from '../platform/objects/folder-object-store.ts'
import type { ObjectStore } from '../platform/objects/object-store.ts'
import { untilStoreAnswers } from '../platform/patience.ts'
import type { Pool } from '../platform/postgres/pool.ts'
import type { Presence } from '../platform/presence/presence.ts'
import { createBusAuctionHouse } from './adapters/bus-auction-house.ts'
import { createBusChatAir } from './adapters/bus-chat-air.ts'
import { createBusChatStore } from './adapters/bus-chat-store.ts'
import { createBusDeviceMarkBoard } from './adapters/bus-device-mark-board.ts'
import { createBusEventSource } from './adapters/bus-event-source.ts'
import { createBusFeedOffice } from './adapters/bus-feed-office.ts'
import { createBusWebhookOffice } from './adapters/bus-webhook-office.ts'
import { createTokenMint } from './adapters/jose-token-mint.ts'
import { createTokenVerifier } from './adapters/jose-token-verifier.ts'
import { createObjectAttachmentLinks } from './adapters/object-attachment-links.ts'
import { createPackagePageFiles } from './adapters/package-page-files.ts'
import { createPostgresChatBook } from './adapters/postgres-chat-book.ts'
import { createPostgresFeedBook } from './adapters/postgres-feed-book.ts'
import { createPostgresLotBook } from './adapters/postgres-lot-book.ts'
import { readStreamEpoch } from './adapters/postgres-stream-epoch.ts'
import { createPostgresUserFeed } from './adapters/postgres-user-feed.ts'
import { createPostgresWebhookBook } from './adapters/postgres-webhook-book.ts'
import { createRepeatMetrics } from './adapters/repeat-metrics.ts'
import { Repeats } from './adapters/repeats.ts'
import { createSharedRevocations } from './adapters/shared-revocations.ts'
import type { GatewayConfig } from './config.ts'
import { mountHttp } from './edge/http.ts'
import { mountObjects } from './edge/objects.ts'
import { createSocketServer, type SocketServer } from './edge/server.ts'
import { createHub, type Hub } from './fanout/hub.ts'
import { createTurn } from './fanout/turn.ts'
import { type GatewayLimit, transfersMax } from './limits.ts'
import type { HttpHandler } from './ports/http.ts'
import type { ObjectHandler } from './ports/objects.ts'
import type { PhoneWindow } from './ports/phone-window.ts'
import type { Revocations } from './ports/revocations.ts'
import { forbidden } from './routes/authorization.ts'
import { createChannelRoutes } from './routes/channels.ts'
import { createConversationDoor } from './routes/conversation-door.ts'
import { createDesk } from './routes/desk.ts'
import { createHttpApi } from './routes/http/api.ts'
import { devPushesResource } from './routes/http/dev-pushes.ts'
import { withDocs } from './routes/http/docs.ts'
import { devTokenResource, probes, revokeResource } from './routes/http/house-resources.ts'
import { createInFlight } from './routes/http/in-flight.ts'
import { methodResources } from './routes/http/method-resources.ts'
import { createHttpMetrics, type HttpMetrics } from './routes/http/metrics.ts'
import { createObjectHandler } from './routes/http/objects.ts'
import { OBJECT_RESOURCES } from './routes/http/openapi-objects.ts'
import { createRateHeaders } from './routes/http/rate-headers.ts'
import { Transfers } from './routes/http/transfers.ts'
import { createIdentify } from './routes/identify.ts'
import { createCallMethod } from './routes/method.ts'
import { createMethodMetrics } from './routes/method-metrics.ts'
import { methodRoutes } from './routes/methods.ts'
import { createLotVisibility } from './routes/visible-lot.ts'

/** How many cutoffs of tokens a gateway wants kept, and for how long. */
export { revocationsKept } from './limits.ts'

export interface GatewayOptions {
  /** With a secret, where dev tokens are to be minted. */
  readonly config: GatewayConfig
  /** Told to clients in the connect reply. */
  readonly nodeName: string
  readonly version: string
  readonly bus: Bus
  /** The database, at this version's tables by the time the gateway starts. */
  readonly pool: Pool
  /** Counts by `config.rates`. */
  readonly limits: Limits<GatewayLimit>
  readonly presence: Presence
  readonly connectionCounts: ConnectionCounts
  /** Of tokens, by user and device. */
  readonly cutoffs: Cutoffs
  /** Where attachments lie. */
  readonly objects: ObjectStore
  /** The same, where it is a folder whose links lead to this gateway. */
  readonly objectFolder?: FolderObjectStore
  /** Where pushes go to something that stands in for phones; developers see them by it. */
  readonly phones?: PhoneWindow
  /** Whether what the gateway needs is there; while it is not, `/readyz` says so. Default: it is. */
  readonly isAvailable?: () => boolean
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Registry
}

/** Sockets and HTTP on one port. */
export interface Gateway extends Part {
  /** The port in use; 0 until started. */
  readonly port: number
  /** To be called when the bus was away and is back: what it lost meanwhile is read from the store. */
  resync(): void
}

/**
 * Its `start` waits for a database that does not answer.
 * @throws Failure from `start` where the port cannot be had.
 */
export function createGateway(options: GatewayOptions): Gateway {
  let server: SocketServer | undefined
  let hub: Hub | undefined
  const parts = partOfParts('gateway', options, async (signal) => {
    const readEpoch = () => readStreamEpoch(options.pool)
    const wired = wire(options, await untilStoreAnswers(readEpoch, { ...options, signal }))
    server = wired.server
    hub = wired.hub
    return wired.parts
  })
  return {
    ...parts,
    get port() {
      return server?.port ?? 0
    },
    resync: () => hub?.resync(),
  }
}

/** Everything but the start, which needs the database: the epoch of its streams is part of each reply. */
function wire(
  options: GatewayOptions,
  streamEpoch: string,
): { readonly server: SocketServer; readonly hub: Hub; readonly parts: readonly Part[] } {
  const { config, clock, log } = options
  const stores = openStores(options)
  const revocations = createSharedRevocations(options)
  const routes = wireRoutes(options, stores, revocations, streamEpoch)
  const turn = createTurn(log)
  const hub = createHub({
    ...options,
    ...stores,
    turn,
    seesVisitors: (identity, room) => forbidden('chat.see_visitors', identity, room) === undefined,
    streamEpoch,
  })
  const httpMetrics = createHttpMetrics(options.metrics)
  const { isAvailable = () => true } = options
  const isReady = () => server.takesTraffic && isAvailable()
  const api = wireApi(options, routes, stores, revocations, httpMetrics, isReady)
  const transfers = new Transfers(transfersMax)
  const objects = wireObjects(options, transfers, httpMetrics)
  const { handler, part: requests } = createInFlight(api)
  const server = createSocketServer({
    port: config.port,
    ...(config.tls === undefined ? {} : { tls: config.tls }),
    allowedOrigins: config.allowedOrigins,
    trustProxy: config.trustProxy,
    node: options.nodeName,
    version: options.version,
    limits: config.connections,
    desk: routes.desk,
    hub,
    turn,
    revocations,
    connectionCounts: options.connectionCounts,
    clock,
    log,
    metrics: options.metrics,
    mountHttp: (app) => {
      const { trustProxy, tls } = config
      mountHttp(app, { handler, trustProxy, secure: tls !== undefined, log })
      if (objects !== undefined) {
        mountObjects(app, { handler: objects, trustProxy, clock, log })
      }
    },
  })
  return {
    server,
    hub,
    parts: [revocations, hub, requests, transfers, server],
  }
}

/** Where the gateway reads, and where it brings what it is asked to do. */
function openStores({ bus, pool, clock, log, metrics }: GatewayOptions) {
  const repeats = new Repeats({ clock, metrics: createRepeatMetrics(metrics) })
  const asking = { bus, clock, log, random: Math.random, repeats }
  return {
    lotBook: createPostgresLotBook(pool, clock),
    chatBook: createPostgresChatBook(pool, clock),
    userFeed: createPostgresUserFeed(pool),
    feedBook: createPostgresFeedBook(pool),
    events: createBusEventSource(bus),
    chatAir: createBusChatAir(bus),
    house: createBusAuctionHouse(asking),
    chatStore: createBusChatStore(asking),
    feedOffice: createBusFeedOffice(asking),
    webhookBook: createPostgresWebhookBook(pool),
    webhookOffice: createBusWebhookOffice(asking),
    deviceMarks: createBusDeviceMarkBoard({ bus, log }),
  }
}

type Stores = ReturnType<typeof openStores>

/** Who may do what, and what answers it. */
function wireRoutes(
  options: GatewayOptions,
  stores: Stores,
  revocations: Revocations,
  streamEpoch: string,
) {
  const { config, limits, clock, log, metrics } = options
  const verifier = createTokenVerifier({ ...config.tokens, clock, log })
  const identify = createIdentify({ verifier, revocations, anonymous: config.anonymous })
  const book = stores.lotBook
  const maySee = createLotVisibility(book)
  const door = createConversationDoor({ chatBook: stores.chatBook, maySeeLot: maySee })
  const attachmentLinks = createObjectAttachmentLinks(options.objects)
  const handlers = methodRoutes({ ...stores, book, door, attachmentLinks, limits, clock })
  const callMethod = createCallMethod(handlers, createMethodMetrics(metrics))
  const channels = createChannelRoutes({
    ...stores,
    book,
    feed: stores.userFeed,
    maySee,
    door,
    presence: options.presence,
    verifier,
    limits,
    clock,
    streamEpoch,
  })
  return { identify, callMethod, desk: createDesk({ identify, channels, callMethod, clock, log }) }
}

function wireApi(
  options: GatewayOptions,
  { identify, callMethod }: ReturnType<typeof wireRoutes>,
  stores: Stores,
  revocations: Revocations,
  metrics: HttpMetrics,
  ready: () => boolean,
): HttpHandler {
  const { config, limits, clock, log } = options
  const rateHeaders = createRateHeaders(config.rates)
  return createHttpApi({
    resources: withDocs(
      [
        ...probes(ready),
        ...methodResources(callMethod, rateHeaders),
        revokeResource({ revocations, feedOffice: stores.feedOffice, clock }),
        ...devTokens(options),
        ...(options.phones === undefined ? [] : [devPushesResource(options.phones)]),
      ],
      {
        version: options.version,
        files: createPackagePageFiles(),
        others: options.objectFolder === undefined ? [] : OBJECT_RESOURCES,
      },
    ),
    identify,
    limits,
    rateHeaders,
    allowedOrigins: config.allowedOrigins,
    ready,
    metrics,
    log,
  })
}

/** Undefined where devices put and fetch their bytes elsewhere. */
function wireObjects(
  { objectFolder: folder, config, log }: GatewayOptions,
  transfers: Transfers,
  metrics: HttpMetrics,
): ObjectHandler | undefined {
  if (folder === undefined) return undefined
  const { allowedOrigins } = config
  return createObjectHandler({ folder, transfers, allowedOrigins, metrics, log })
}

function devTokens({ config, clock }: GatewayOptions) {
  const { secret, issuer, audience } = config.tokens
  if (!config.devTokens || secret === undefined) return []
  const mint = createTokenMint({
    secret,
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
    clock,
  })
  return [devTokenResource(mint)]
}
