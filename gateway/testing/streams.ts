// A store and a bus under the test's control: what is committed is in the store at once, and reaches
// the gateway only when and as often as the test tells it.
import type { LotPublication, OwnStanding, PublicBid } from '../../protocol/auction.ts'
import type { LotEvent, LotEvents } from '../../protocol/engine.ts'
import type { Notification, UserEvents } from '../../protocol/notifications.ts'
import type { EventSource } from '../ports/event-source.ts'
import type { LotBook } from '../ports/lot-book.ts'
import type { UserFeed } from '../ports/user-feed.ts'
import { Line } from './line.ts'
import { lotView } from './lots.ts'
import { noonMs } from './people.ts'
import { FakeTalks } from './talks.ts'
import { within } from './within.ts'

export class FakeStreams {
  readonly #lots = new Map<string, LotEvent[]>()
  readonly #standings = new Map<string, OwnStanding>()
  readonly #feeds = new Map<string, Notification[]>()
  readonly #lotLine = new Line<LotEvents>()
  readonly #userLine = new Line<UserEvents>()
  #hearUser: (events: UserEvents) => void = () => {}
  /** Every reading of the store, by what was read. */
  readonly reads: string[] = []
  /** While set, every reading fails with it. */
  fault: Error | undefined
  #gate: Promise<void> | undefined
  readonly talks = new FakeTalks((what, look) => this.#read(what, look))

  /** Every reading waits before it looks, until what is answered is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#gate = promise
    return () => {
      this.#gate = undefined
      resolve()
    }
  }

  // ---- what is committed --------------------------------------------------------------------

  openLot(lotId: string): void {
    this.#lots.set(lotId, [])
    this.#commit(lotId, (seq) => ({ type: 'lot_opened', lot: lotView({ lotId, seq }) }))
  }

  /** Commits a bid which makes the price `amount`. */
  bid(lotId: string, amount: number, alias = 'Bidder 1'): LotEvent {
    return this.#commit(lotId, (seq) => ({
      type: 'bid_accepted',
      lot: lotView({ lotId, seq, price: amount, bidCount: seq - 1, leader: alias }),
      bid: { alias, amount, kind: 'proxy', at: noonMs + seq },
    }))
  }

  stand(lotId: string, userId: string, standing: OwnStanding): void {
    this.#standings.set(`${lotId} ${userId}`, standing)
  }

  #commit(lotId: string, publication: (seq: number) => LotPublication): LotEvent {
    const log = this.#lots.get(lotId) ?? []
    const seq = log.length + 1
    const event = { seq, publication: publication(seq) }
    log.push(event)
    return event
  }

  notify(userId: string): Notification {
    const feed = this.#feeds.get(userId) ?? []
    this.#feeds.set(userId, feed)
    const notification = { seq: feed.length + 1, type: 'outbid', at: noonMs } as const
    feed.push(notification)
    return notification
  }

  // ---- what is told -------------------------------------------------------------------------

  tellLot(lotId: string, events: readonly LotEvent[], epoch = 1): void {
    this.#lotLine.tell(lotId, { lotId, epoch, events })
  }

  tellUser(
    userId: string,
    events: readonly Notification[],
    changed?: readonly Notification[],
  ): void {
    this.#userLine.tell(userId, { userId, events, ...(changed === undefined ? {} : { changed }) })
  }

  tellRead(userId: string, readSeq: number, unread: number): void {
    this.#userLine.tell(userId, { userId, events: [], read: { readSeq, unread } })
  }

  /** How many listen to the lot, the user or the conversation. */
  listeners(id: string): number {
    return this.#lotLine.count(id) + this.#userLine.count(id) + this.talks.line.count(id)
  }

  // ---- the ports ----------------------------------------------------------------------------

  async #read<T>(what: string, look: () => T): Promise<T> {
    this.reads.push(what)
    await this.#gate
    if (this.fault !== undefined) throw this.fault
    return look()
  }

  readonly lotBook: LotBook = {
    lot: (lotId) =>
      this.#read('lot', () => {
        const log = this.#lots.get(lotId)
        const view = log?.at(-1)?.publication.lot
        if (log === undefined || view === undefined) return undefined
        return { sellerId: 'sel', view, bids: newestBids(log, 20) }
      }),
    standing: (lotId, userId) =>
      this.#read('standing', () => this.#standings.get(`${lotId} ${userId}`)),
    bids: (lotId, { before = Infinity, limit }) =>
      this.#read('bids', () => {
        const log = (this.#lots.get(lotId) ?? []).filter(({ seq }) => seq < before)
        return { items: newestBids(log, limit).map((bid) => ({ ...bid, seq: bid.at - noonMs })) }
      }),
    publications: (lotId, range) =>
      this.#read('publications', () => within(this.#lots.get(lotId) ?? [], range)),
  }

  readonly userFeed: UserFeed = {
    head: (userId) => this.#read('head', () => this.#feeds.get(userId)?.length ?? 0),
    notifications: (userId, range) =>
      this.#read('notifications', () => within(this.#feeds.get(userId) ?? [], range)),
  }

  readonly events: EventSource = {
    listenLot: async (lotId, handler) => this.#lotLine.listen(lotId, handler),
    hearUsers: async (handler) => {
      this.#hearUser = handler
      return () => {
        this.#hearUser = () => {}
      }
    },
    listenUser: async (userId) => this.#userLine.listen(userId, (events) => this.#hearUser(events)),
    listenChat: async (conversationId, handler) => this.talks.line.listen(conversationId, handler),
    listenBlocks: async (handler) => this.talks.blockLine.listen('', handler),
  }
}

function newestBids(log: readonly LotEvent[], limit: number): PublicBid[] {
  return log
    .flatMap(({ publication }) => publication.bid ?? [])
    .toReversed()
    .slice(0, limit)
}
