// One connection that watches the lots of a run: what each of them ended as, and what time it is.
import type { LotPublication, LotSnapshot, LotView } from '../protocol/auction.ts'
import { lotChannel } from '../protocol/channels.ts'
import { connectWire } from './wire-client.ts'

export interface Watcher {
  /**
   * Watches the lot from now on; `ended` resolves with its final state, as the channel tells it.
   * @throws CommandError, ConnectionLost
   */
  watch(lotId: string): Promise<{ readonly ended: Promise<LotView> }>
  /** The server's clock, epoch milliseconds. */
  serverTimeMs(): Promise<number>
  close(): Promise<void>
}

interface Awaited {
  readonly resolve: (lot: LotView) => void
  readonly reject: (error: Error) => void
}

export async function createWatcher(url: string, token: string): Promise<Watcher> {
  const watched = new Map<string, Awaited>()

  function see(lot: LotView): void {
    if (lot.result === undefined) return
    watched.get(lot.lotId)?.resolve(lot)
    watched.delete(lot.lotId)
  }

  const client = await connectWire({
    url,
    token,
    onPush(push) {
      if ('pub' in push) see((push.pub.data as LotPublication).lot)
    },
    onClose({ code, reason }) {
      const lost = new Error(`the connection that watches the lots was closed: ${reason} (${code})`)
      for (const { reject } of watched.values()) reject(lost)
      watched.clear()
    },
  })
  return {
    async watch(lotId) {
      const channel = lotChannel(lotId)
      const ended = new Promise<LotView>((resolve, reject) => {
        watched.set(lotId, { resolve, reject })
      })
      // Whoever awaits it hears of a failure; until somebody does it is not an unhandled one.
      ended.catch(() => {})
      const { data } = await client.request('subscribe', { channel })
      see((data as LotSnapshot).lot)
      const unsubscribed = ended.then(async (lot) => {
        await client.request('unsubscribe', { channel })
        return lot
      })
      unsubscribed.catch(() => {})
      return { ended: unsubscribed }
    },
    async serverTimeMs() {
      const { serverTime } = (await client.rpc('time.sync', {})) as { readonly serverTime: number }
      return serverTime
    },
    async close() {
      await client.close()
    },
  }
}
