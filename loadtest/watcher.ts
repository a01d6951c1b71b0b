// One connection that watches the lots of a run and tells what each of them ended as.
import type { LotPublication, LotSnapshot, LotView } from '../protocol/auction.ts'
import { lotChannel, parseChannel } from '../protocol/channels.ts'
import { PROTOCOL_ERRORS } from '../protocol/errors.ts'
import { createSteadyClient } from './steady-client.ts'
import { CommandError } from './wire-client.ts'

export interface Watcher {
  /**
   * Watches the lot from now on; `ended` resolves with its final state, as the channel tells it.
   * @throws CommandError, ConnectionLost, when it has been patient
   */
  watch(lotId: string): Promise<{ readonly ended: Promise<LotView> }>
  close(): Promise<void>
}

interface Awaited {
  readonly resolve: (lot: LotView) => void
  readonly reject: (error: unknown) => void
}

/** @throws CommandError, ConnectionLost, or the socket's error, where it can not connect at all */
export async function createWatcher(url: string, token: string): Promise<Watcher> {
  const watched = new Map<string, Awaited>()

  function see(lot: LotView): void {
    if (lot.result === undefined) return
    watched.get(lot.lotId)?.resolve(lot)
    watched.delete(lot.lotId)
  }

  const client = await createSteadyClient({
    url,
    token,
    onPush(push) {
      // The seller's own feed comes here too: it tells of the orders that the lots made.
      if (!('pub' in push) || parseChannel(push.channel)?.kind !== 'lot') return
      see((push.pub.data as LotPublication).lot)
    },
    onLost() {
      for (const [lotId, { reject }] of watched) subscribe(lotId).catch(reject)
    },
  })

  async function subscribe(lotId: string): Promise<void> {
    try {
      const { data } = await client.request('subscribe', { channel: lotChannel(lotId) })
      see((data as LotSnapshot).lot)
    } catch (error) {
      // Asked twice on one connection, before and after it was lost: the other answer has the state.
      const { code } = PROTOCOL_ERRORS.already_subscribed
      if (!(error instanceof CommandError) || error.code !== code) throw error
    }
  }

  return {
    async watch(lotId) {
      const ended = new Promise<LotView>((resolve, reject) => {
        watched.set(lotId, { resolve, reject })
      })
      // Whoever awaits it hears of a failure; until somebody does it is not an unhandled one.
      ended.catch(() => {})
      await subscribe(lotId)
      const unsubscribed = ended.then(async (lot) => {
        await client.request('unsubscribe', { channel: lotChannel(lotId) })
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
