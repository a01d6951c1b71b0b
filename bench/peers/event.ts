// The events that are published, the same for every peer.
import { lotChannel } from '../../protocol/channels.ts'
import type { LotEvent } from '../../protocol/engine.ts'

/** `short`: about 128 bytes on the wire, as others publish their figures; `whole`: a lot's state, as it is in production. */
export type ScaledEvent = 'short' | 'whole'

/** A bid on an open lot. */
export function eventOf(seq: number, lotId: string, size: ScaledEvent): LotEvent {
  // A gateway hands on what an engine says, whatever it is: the short event is what is left of a state.
  const publication = size === 'short' ? { type: 'bid_accepted', bid: 1 } : wholeOf(seq, lotId)
  return { seq, publication: publication as LotEvent['publication'] }
}

function wholeOf(seq: number, lotId: string): LotEvent['publication'] {
  const at = 1_750_000_000_000
  const price = 125_000 + seq
  return {
    type: 'bid_accepted',
    lot: {
      lotId,
      title: 'Brass ship’s lamp, about 1900',
      currency: 'USD',
      format: 'english',
      state: 'open',
      round: 1,
      seq,
      price,
      startPrice: 1_000,
      minNext: price + 2_500,
      leader: 'Bidder 17',
      reserveMet: true,
      bidCount: seq,
      bidderCount: 42,
      startsAt: at,
      endsAt: at + 3_600_000,
      extensions: 0,
      serverTime: at,
    },
    bid: { alias: 'Bidder 17', amount: price, kind: 'proxy', at },
  }
}

/** As Outcry writes it on the wire, for those who write it themselves. */
export function messageOf({ seq, publication }: LotEvent, lotId: string): object {
  return { push: { channel: lotChannel(lotId), pub: { offset: seq, data: publication } } }
}
