// A whole replay: several auctions at a time, each with connections of its own, until all are through.
import { randomUUID } from 'node:crypto'
import type { PastAuction } from './auction-file.ts'
import { eachOf } from './each-of.ts'
import { createHttpClient } from './http-client.ts'
import { type House, type Replayed, replayAuction } from './replay-auction.ts'
import type { ReplayReport } from './replay-report.ts'
import { type Tokens, tokensFrom } from './tokens.ts'
import { createWatcher } from './watcher.ts'

export interface ReplayOptions {
  /** The server, `http://host:port`. */
  readonly url: string
  /** Who gives tokens; default: the server's own development mint. */
  readonly tokenUrl?: string
  /** Auctions played at the same time; each holds as many connections as it has bidders. */
  readonly concurrency: number
  /** Called after each auction, with the bids decided so far. */
  readonly onProgress?: (auctions: number, bids: number) => void
}

/** @throws Failure where the server can not be used, or refused or lost what it must not */
export async function replayAll(
  auctions: readonly PastAuction[],
  options: ReplayOptions,
): Promise<ReplayReport> {
  const { house, close } = await openHouse(options)
  const startedAtMs = performance.now()
  const replayed: Replayed[] = []
  let bids = 0
  try {
    await eachOf(auctions, options.concurrency, async (auction) => {
      replayed.push(await replayAuction(house, auction))
      bids += auction.bids.length
      options.onProgress?.(replayed.length, bids)
    })
  } finally {
    await close()
  }
  const order = new Map(auctions.map(({ auctionId }, at) => [auctionId, at]))
  const place = ({ auction }: Replayed) => order.get(auction.auctionId) ?? 0
  return {
    replayed: replayed.toSorted((one, other) => place(one) - place(other)),
    elapsedMs: performance.now() - startedAtMs,
  }
}

async function openHouse(
  options: ReplayOptions,
): Promise<{ readonly house: House; readonly close: () => Promise<void> }> {
  const runId = `replay-${randomUUID().slice(0, 8)}`
  const tokens: Tokens = tokensFrom(
    options.tokenUrl ?? new URL('/v1/dev/token', options.url).toString(),
  )
  const token = await tokens(`${runId}-house`, ['service'])
  const websocketUrl = new URL('/connection/websocket', options.url)
  websocketUrl.protocol = websocketUrl.protocol === 'https:' ? 'wss:' : 'ws:'
  const watcher = await createWatcher(websocketUrl.toString(), token)
  const http = createHttpClient(options.url, token)
  const house = { http, tokens, watcher, websocketUrl: websocketUrl.toString(), runId }
  return { house, close: () => watcher.close() }
}
