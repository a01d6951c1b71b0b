// `chat:` channels: everything that happens in a conversation, in order and never skipped, and what is
// of the moment: who types, who comes and goes.

import type { ConnectionCounts } from '../../platform/connections/connection-counts.ts'
import type { Presence } from '../../platform/presence/presence.ts'
import { chatChannel } from '../../protocol/channels.ts'
import type { ConversationKind, MessageView, TypingPublication } from '../../protocol/chat.ts'
import type { BlockChange, ChatEvents } from '../../protocol/chat-store.ts'
import type { Encoded } from '../../protocol/codec.ts'
import { openConversationKey } from '../../protocol/connection-keys.ts'
import type { ClientInfo, Publication, Push } from '../../protocol/frames.ts'
import type { Identity } from '../../protocol/identity.ts'
import { crowdMin } from '../limits.ts'
import type { ChatAir } from '../ports/chat-air.ts'
import type { ConversationCard, HiddenPeople, StoredChatEvent } from '../ports/chat-book.ts'
import type { EventSource, Unlisten } from '../ports/event-source.ts'
import { type BlockChanges, hiddenAfter, nobodyHidden } from './block-changes.ts'
import type { Attach, WatchedContext } from './channel.ts'
import { type ChatChannelBook, ChatReader } from './chat-reader.ts'
import { inManner, type Manner, mannerFor } from './chat-visibility.ts'
import { DurableChannel } from './durable-channel.ts'
import type { SubscribeOptions, Subscriber } from './subscriber.ts'
import { Wording } from './wording.ts'

export interface ChatChannelContext extends WatchedContext {
  readonly events: EventSource
  readonly chatBook: ChatChannelBook
  readonly chatAir: ChatAir
  readonly presence: Presence
  /** Where it is counted which devices have the conversation open. */
  readonly connectionCounts: ConnectionCounts
  readonly blocks: BlockChanges
  /** Whether somebody may know who is in a room. */
  readonly seesVisitors: (identity: Identity | undefined, card: ConversationCard) => boolean
}

/** A socket in the conversation. */
interface Seat {
  readonly subscriber: Subscriber
  readonly deviceId: string | undefined
  readonly joinLeave: boolean
  people: HiddenPeople
}

type Typing = Extract<ChatEvents, { readonly typing: unknown }>['typing']
type Presences = Extract<ChatEvents, { readonly presence: unknown }>['presence']

export class ChatChannel extends DurableChannel<StoredChatEvent, ChatChannelContext> {
  readonly #conversationId: string
  readonly #seats = new Map<Subscriber, Seat>()
  readonly #reader: ChatReader
  /** Undefined until the channel is loaded. */
  #card: ConversationCard | undefined

  constructor(conversationId: string, context: ChatChannelContext) {
    super(chatChannel(conversationId), context)
    this.#conversationId = conversationId
    this.#reader = new ChatReader(conversationId, context.chatBook, {
      catchUp: async (seq) => {
        await this.catchUp(seq)
        return seq <= this.head
      },
      toldSince: (seq) => this.toldSince(seq)?.map(({ publication }) => publication),
    })
  }

  protected get subscriberCount(): number {
    return this.#seats.size
  }

  // ---- the stream ---------------------------------------------------------------------------

  protected listen(): Promise<Unlisten> {
    return this.context.events.listenChat(this.#conversationId, (said) => {
      if ('events' in said) this.arrive(said.events)
      else if ('typing' in said) this.#later(() => this.#tellTyping(said.typing))
      else this.#later(() => this.#tellPresence(said.presence))
    })
  }

  protected async load(): Promise<number | undefined> {
    this.#card = await this.context.chatBook.card(this.#conversationId)
    return this.#card?.lastSeq
  }

  protected async storedSeq(): Promise<number> {
    const card = await this.context.chatBook.card(this.#conversationId)
    return card?.lastSeq ?? 0
  }

  protected read(from: number, limit: number): Promise<readonly StoredChatEvent[]> {
    const range = { from, limit, reverse: false }
    return this.context.chatBook.publications(this.#conversationId, range)
  }

  /** A message is told as it is now: what was edited away or deleted is in nothing that is told later. */
  protected override renewed(
    events: readonly StoredChatEvent[],
    by: readonly StoredChatEvent[],
  ): readonly StoredChatEvent[] {
    const now = new Map<string, MessageView>()
    for (const { publication } of by) {
      const { type, message } = publication
      if (message !== undefined && type !== 'message_created') now.set(message.messageId, message)
    }
    if (now.size === 0) return events
    return events.map((event) => {
      const message = now.get(event.publication.message?.messageId ?? '')
      return message === undefined
        ? event
        : { ...event, publication: { ...event.publication, message } }
    })
  }

  protected deliver(events: readonly StoredChatEvent[]): void {
    const due = events.map((event) => ({
      event,
      wording: new Wording((manner: Manner) => this.#said(event, manner)),
    }))
    for (const { subscriber, people } of this.#seats.values()) {
      for (const { event, wording } of due) {
        subscriber.push(wording.in(subscriber.codec, this.#manner(event, people)))
      }
    }
  }

  #said(event: StoredChatEvent, manner: Manner): Push {
    return { push: { channel: this.name, pub: told(event, manner) } }
  }

  /** Nearly nobody has blocked anybody. */
  #manner(event: StoredChatEvent, { blocked }: HiddenPeople): Manner {
    return blocked.size === 0 ? 'whole' : mannerFor(this.#kind, event, blocked)
  }

  get #kind(): ConversationKind {
    return this.#card?.kind ?? 'direct'
  }

  // ---- joining ------------------------------------------------------------------------------

  protected async prepare(subscriber: Subscriber, options: SubscribeOptions): Promise<Attach> {
    const { chatBook, blocks } = this.context
    const { userId, deviceId } = subscriber.identity ?? {}
    const position = blocks.position
    const [read, stored] = await Promise.all([
      userId === undefined ? nobodyHidden : chatBook.hidden(userId),
      this.readStored(options),
    ])
    // The last thing read, since it is the state of the turn in which it comes.
    const snapshot = this.recovers(options, stored)
      ? undefined
      : await this.#reader.read(userId, this.#kind === 'room')
    return () => {
      const people = userId === undefined ? read : blocks.since(position, userId, read)
      const data = snapshot?.(people.blocked)
      this.#put({
        subscriber,
        deviceId,
        joinLeave: options.joinLeave === true,
        people,
      })
      const asSeen = (event: StoredChatEvent) => told(event, this.#manner(event, people))
      return {
        ...this.positionAt(this.head),
        ...this.recovered(options, stored, asSeen),
        ...(data === undefined ? {} : { data }),
      }
    }
  }

  #put(seat: Seat): void {
    this.#seats.set(seat.subscriber, seat)
    const { presence, connectionCounts } = this.context
    presence.join(this.name, seat.subscriber)
    const openKey = this.#openKey(seat)
    if (openKey !== undefined) connectionCounts.add(openKey)
    this.#sayPresence('join', seat)
  }

  protected detach(subscriber: Subscriber): void {
    const seat = this.#seats.get(subscriber)
    if (seat === undefined) return
    this.#seats.delete(subscriber)
    const { presence, connectionCounts } = this.context
    presence.leave(this.name, subscriber.client)
    const openKey = this.#openKey(seat)
    if (openKey !== undefined) connectionCounts.leave(openKey)
    this.#sayPresence('leave', seat)
  }

  #openKey({ subscriber: { user }, deviceId }: Seat): string | undefined {
    if (deviceId === undefined) return undefined
    return openConversationKey(user, deviceId, this.#conversationId)
  }

  /** Somebody here has blocked somebody, or has been blocked, or is so no more. */
  blocksChanged(change: BlockChange): void {
    const { kind, memberIds } = this.#card ?? {}
    if (kind !== 'room' && memberIds?.includes(change.blockerId) !== true) return
    for (const seat of this.#seats.values()) {
      seat.people = hiddenAfter(seat.people, seat.subscriber.user, change)
    }
  }

  /** An announcement may have been lost: what is hidden from whom is read now and then. */
  protected override async recheck(): Promise<void> {
    await super.recheck()
    this.#reader.forget()
    await Promise.all([...this.#seats.values()].map(async (seat) => await this.#recheckSeat(seat)))
  }

  async #recheckSeat(seat: Seat): Promise<void> {
    const { user } = seat.subscriber
    if (user === '') return
    const { chatBook, blocks } = this.context
    const position = blocks.position
    const read = await chatBook.hidden(user)
    seat.people = blocks.since(position, user, read)
  }

  // ---- what is of the moment ----------------------------------------------------------------

  get #isCrowd(): boolean {
    return this.#kind === 'room' && this.#seats.size > crowdMin
  }

  #sayPresence(change: Presences['change'], { subscriber }: Seat): void {
    if (this.#isCrowd) return
    const { client, user: userId } = subscriber
    const presence = { change, client, userId }
    this.context.chatAir.say({ conversationId: this.#conversationId, presence })
  }

  /** With the publications of this turn, in the order in which both were heard. */
  #later(tell: () => void): void {
    this.context.turn.enter('durable', { flush: tell })
  }

  #tellTyping({ userId, expiresAt }: Typing): void {
    const data: TypingPublication = { type: 'typing', userId, expiresAt }
    const wording = new Wording(() => ({ push: { channel: this.name, pub: { data } } }))
    this.#offer(userId, (seat) =>
      seat.subscriber.user === userId ? undefined : wording.in(seat.subscriber.codec, undefined),
    )
  }

  #tellPresence({ change, client, userId }: Presences): void {
    const wording = new Wording((user: string): Push => {
      const info: ClientInfo = { client, user }
      const { name: channel } = this
      return {
        push: change === 'join' ? { channel, join: { info } } : { channel, leave: { info } },
      }
    })
    this.#offer(userId, ({ subscriber, joinLeave }) =>
      joinLeave ? wording.in(subscriber.codec, this.#shown(userId, subscriber)) : undefined,
    )
  }

  /** In a room people are counted by everybody, and known to those alone who look after it. */
  #shown(userId: string, { identity }: Subscriber): string {
    const card = this.#card
    const isKnown =
      identity?.userId === userId ||
      (card !== undefined && (card.kind !== 'room' || this.context.seesVisitors(identity, card)))
    return isKnown ? userId : ''
  }

  /** Tells what somebody does at the moment, but for those between whom there is a block. */
  #offer(userId: string, message: (seat: Seat) => Encoded | undefined): void {
    if (this.#isCrowd) return
    for (const seat of this.#seats.values()) {
      const { blocked, blockedBy } = seat.people
      if (blocked.has(userId) || blockedBy.has(userId)) continue
      const offered = message(seat)
      if (offered !== undefined) seat.subscriber.offer(offered)
    }
    this.context.metrics.published.inc({ class: 'volatile' })
  }
}

function told({ seq, publication }: StoredChatEvent, manner: Manner): Publication {
  return { offset: seq, data: inManner(publication, manner) }
}
