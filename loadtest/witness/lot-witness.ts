// What the watchers of lots in one process see. Each stream is followed here, where its publications are;
// what travels to the auditor is an account, and not a million publications.

import { digestOfView } from '../../history/lot-texts.ts'
import type { WatchersAccount } from '../../history/stream-watchers.ts'
import { StreamWatchers } from '../../history/stream-watchers.ts'
import { Findings } from '../../history/violation.ts'
import type { LotPublication, LotSnapshot, LotView } from '../../protocol/auction.ts'
import type { Publication, SubscribeResult } from '../../protocol/frames.ts'
import type { LoadClient } from '../client/load-client.ts'

export class LotWitness {
  readonly #findings = new Findings()
  readonly #watchers = new StreamWatchers(this.#findings)
  /** Watchers of one process are given the same objects, so each view is read once. */
  readonly #digests = new WeakMap<LotView, number>()

  subscribed(
    client: LoadClient,
    channel: string,
    { data, publications = [] }: SubscribeResult,
  ): void {
    if (!channel.startsWith('lot:')) return
    const newest = publications.at(-1)?.data as LotPublication | undefined
    // A state replaces what was before it, so a stream begins anew with the newest.
    this.#joined(client, newest?.lot ?? (data as LotSnapshot).lot)
  }

  published(client: LoadClient, channel: string, { data }: Publication): void {
    if (!channel.startsWith('lot:')) return
    const { lot, fromSeq = lot.seq } = data as LotPublication
    const { seq } = lot
    const digest = this.#digestOf(lot)
    this.#watchers.seen({ watcher: String(client.nth), stream: lot.lotId, seq, fromSeq, digest })
  }

  account(): WatchersAccount {
    const { violations, count } = this.#findings
    return { streams: this.#watchers.accounts(), violations, count }
  }

  #joined(client: LoadClient, lot: LotView): void {
    const { seq, lotId: stream } = lot
    const digest = seq === 0 ? undefined : this.#digestOf(lot)
    this.#watchers.joined({ watcher: String(client.nth), stream, seq, digest })
  }

  #digestOf(lot: LotView): number {
    const known = this.#digests.get(lot)
    if (known !== undefined) return known
    const digest = digestOfView(lot)
    this.#digests.set(lot, digest)
    return digest
  }
}
