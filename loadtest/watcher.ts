// One connection that watches the lots of a run and tells what each of them ended as.
import { setTimeout as sleep } from 'node:timers/promises'
import type { LotPublication, LotSnapshot, LotView } from '../protocol/auction.ts'
import { lotChannel, parseChannel } from '../protocol/channels.ts'
import { CommandError, connectWire } from './wire-client.ts'

export interface Watcher {
  /**
   * Watches the lot from now on; `ended` resolves with its final state, as the channel tells it.
   * @throws CommandError, ConnectionLost
   */
  watch(lotId: string): Promise<{ readonly ended: Promise<LotView> }>
  close(): Promise<void>
}

const attemptsMax = 50
const retryAfterMs = 200

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
      // The seller's own feed comes here too: it tells of the orders that the lots made.
      if (!('pub' in push) || parseChannel(push.channel)?.kind !== 'lot') return
      see((push.pub.data as LotPublication).lot)
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
      const { data } = await patiently(() => client.request('subscribe', { channel }))
      see((data as LotSnapshot).lot)
      const unsubscribed = ended.then(async (lot) => {
        await patiently(() => client.request('unsubscribe', { channel }))
        return lot
      })
      unsubscribed.catch(() => {})
      return { ended: unsubscribed }
    },
    async close() {
      await client.close()
    },
  }
}

/** Asks until it is not too soon: one connection for many lots may be too busy for the server's taste. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof CommandError) || !error.temporary || attempt === attemptsMax)
        throw error
      await sleep(retryAfterMs)
    }
  }
}
