// Somebody who watches lots through the public client and recovers by itself, and tells the judge what it
// was given and what it saw.
import type { SubscribedContext } from 'centrifuge'
import type { LotHistory } from '../../history/lot-history.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import type { LotPublication, LotSnapshot } from '../../protocol/auction.ts'
import { lotChannel } from '../../protocol/channels.ts'
import type { PublicClient } from './public-client.ts'

export class LotWatcher {
  readonly #name: string
  readonly #client: PublicClient
  readonly #history: LotHistory
  /** The last seq of each lot. */
  readonly #seqs = new Map<string, number>()

  constructor(name: string, client: PublicClient, history: LotHistory) {
    this.#name = name
    this.#client = client
    this.#history = history
  }

  /** The seq up to which it has seen the lot; zero before it sees anything. */
  seqOf(lotId: string): number {
    return this.#seqs.get(lotId) ?? 0
  }

  /** Resolves when the lot is watched. */
  async watch(lotId: string): Promise<void> {
    const subscription = this.#client.centrifuge.newSubscription(lotChannel(lotId))
    /** The state that comes with a recovery stands for all that was missed. */
    let isRecovering = false
    subscription.on('subscribed', ({ data, hasRecoveredPublications }: SubscribedContext) => {
      isRecovering = hasRecoveredPublications
      this.#join((data as LotSnapshot).lot)
    })
    subscription.on('publication', ({ data }) => {
      const { lot, fromSeq } = data as LotPublication
      if (isRecovering) this.#join(lot)
      else {
        const entry = { watcher: this.#name, lotId, view: lot }
        this.#history.saw(fromSeq === undefined ? entry : { ...entry, fromSeq })
        this.#seqs.set(lotId, lot.seq)
      }
      isRecovering = false
    })
    subscription.on('error', () => {})
    subscription.subscribe()
    await waitFor(() => this.#seqs.has(lotId), { what: `the subscription to ${lotId}` })
  }

  #join(lot: LotSnapshot['lot']): void {
    this.#history.joined(this.#name, lot.lotId, lot)
    this.#seqs.set(lot.lotId, lot.seq)
  }
}
