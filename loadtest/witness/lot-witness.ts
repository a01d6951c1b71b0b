// What the watchers of lots in one process see, and what their owners are notified of. Each stream is followed
// here, where its publications are; what travels to the auditor is an account, and not a million publications.
import { digestOfView } from '../../history/lot-texts.ts'
import { StreamWatchers, type WatchersAccount } from '../../history/stream-watchers.ts'
import { Findings } from '../../history/violation.ts'
import type { LotPublication, LotSnapshot, LotView } from '../../protocol/auction.ts'
import type { Publication, SubscribeResult } from '../../protocol/frames.ts'
import type { Device, LoadObserver } from '../client/load-observer.ts'
import { StreamWitness } from './stream-witness.ts'

export class LotWitness {
  readonly #findings = new Findings()
  readonly #watchers = new StreamWatchers(this.#findings)
  readonly #feeds = new StreamWitness()
  /** Watchers of one process are given the same objects, so each view is read once. */
  readonly #digests = new WeakMap<LotView, number>()

  /** What it is to be told. */
  readonly observer: Pick<LoadObserver, 'subscribed' | 'published'> = {
    subscribed: (client, channel, result) => {
      if (channel.startsWith('lot:')) this.#subscribed(client, result)
      else this.#feeds.subscribed(client, channel, result)
    },
    published: (client, channel, publication) => {
      if (channel.startsWith('lot:')) this.#published(client, publication)
      else this.#feeds.published(client, channel, publication)
    },
  }

  account(): WatchersAccount {
    const { violations, count } = this.#findings
    const feeds = this.#feeds.account()
    return {
      streams: [...this.#watchers.accounts(), ...feeds.streams],
      violations: [...violations, ...feeds.violations],
      count: count + feeds.count,
    }
  }

  /** A state replaces what was before it, so a stream begins anew with the snapshot, and with the first of what it lacks. */
  #subscribed(client: Device, { data, publications = [] }: SubscribeResult): void {
    const [first, ...others] = publications
    for (const said of [data, first?.data]) {
      if (said !== undefined) this.#begins(client, (said as LotSnapshot | LotPublication).lot)
    }
    for (const publication of others) this.#published(client, publication)
  }

  #begins(client: Device, lot: LotView): void {
    const { seq, lotId: stream } = lot
    // A draft changes without an event.
    const digest = seq === 0 ? undefined : this.#digestOf(lot)
    this.#watchers.joined({ watcher: String(client.nth), stream, seq, digest })
  }

  #published(client: Device, { data }: Publication): void {
    const { lot, fromSeq = lot.seq } = data as LotPublication
    const { seq } = lot
    const digest = this.#digestOf(lot)
    this.#watchers.seen({ watcher: String(client.nth), stream: lot.lotId, seq, fromSeq, digest })
  }

  #digestOf(lot: LotView): number {
    const known = this.#digests.get(lot)
    if (known !== undefined) return known
    const digest = digestOfView(lot)
    this.#digests.set(lot, digest)
    return digest
  }
}
