// One person of a talking crowd: the public client, and the manners that the protocol
// asks of an app: the same id again until the outcome is known.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Centrifuge, PublicationContext, SubscribedContext } from 'centrifuge'
import type { ChatHistory } from '../../history/chat-history.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import { chatChannel } from '../../protocol/channels.ts'
import type {
  ChatOutcome,
  ChatPublication,
  ConversationView,
  TypingPublication,
} from '../../protocol/chat.ts'
import type { MethodName } from '../../protocol/methods.ts'
import type { PublicClient } from './public-client.ts'

export interface SpeakerOptions {
  readonly user: string
  /** Whom they talk with. */
  readonly peer: string
  readonly client: PublicClient
  readonly history: ChatHistory
}

/** Before the same id is sent again, where the answer does not say how long. */
const againMs = 100
const againMsMax = 1_000
const patienceMs = 60_000
/** Of the client library: what it knows only by itself, of connections and of answers that do not come. */
const libraryCodeMax = 99
/** Of the client library: it connects because it was told to. */
const firstConnectCode = 0

export class Speaker {
  readonly user: string
  readonly #peer: string
  readonly #client: PublicClient
  readonly #history: ChatHistory
  /** Whatever an app could not get out of by itself. */
  #stuck: Error | undefined
  #hasLeft = false
  #lastProblem = 'nothing went wrong yet'
  conversationId = ''
  /** The newest publication. */
  seenSeq = -1
  /** Messages that were taken. */
  taken = 0
  /** Whether the outcome of a message is not known yet. */
  isSpeaking = false
  /** Why connections ended: the code of each. */
  readonly closings: number[] = []
  /** How often missed publications were made up for. */
  recoveries = 0
  /** How often they could not be, and a new snapshot came instead. */
  startsOver = 0

  constructor({ user, peer, client, history }: SpeakerOptions) {
    this.user = user
    this.#peer = peer
    this.#client = client
    this.#history = history
    client.centrifuge.on('connecting', ({ code }) => {
      if (code !== firstConnectCode) this.closings.push(code)
    })
    client.centrifuge.on('disconnected', ({ code, reason }) => {
      if (!this.#hasLeft) this.#stuck = new Error(`disconnected for good: ${code} ${reason}`)
    })
  }

  get centrifuge(): Centrifuge {
    return this.#client.centrifuge
  }

  /** Connects, opens the conversation and watches it. */
  async arrive(): Promise<void> {
    this.#client.centrifuge.connect()
    const isBuyer = this.user < this.#peer
    const [buyer, seller] = isBuyer ? [this.user, this.#peer] : [this.#peer, this.user]
    const { conversationId } = await this.#untilAnswered<ConversationView>('chat.open', {
      listingId: `lamp of ${seller} for ${buyer}`.replaceAll(' ', '-'),
      peerId: this.#peer,
      role: isBuyer ? 'buyer' : 'seller',
    })
    this.conversationId = conversationId
    this.#watch()
    await waitFor(() => this.seenSeq >= 0, {
      timeoutMs: patienceMs,
      what: `${this.user} on the conversation`,
    })
  }

  /** Has one message taken. @throws Error where no patience would help */
  async say(): Promise<void> {
    const clientMessageId = randomUUID()
    const text = `${this.user} says ${clientMessageId}`
    const params = { conversationId: this.conversationId, clientMessageId, text }
    this.isSpeaking = true
    for (;;) {
      const sentAtMs = performance.now()
      const answer = await this.#ask<ChatOutcome>('chat.send', params)
      const answeredAtMs = performance.now()
      const times = { sentAtMs, answeredAtMs }
      this.#history.attempted({ ...params, actorId: this.user, ...times, answer })
      if (answer?.outcome === 'accepted') break
      await this.#beforeAgain(answer)
    }
    this.isSpeaking = false
    this.taken += 1
  }

  /** Tells the judge what this person is told of what they have not read. */
  async tellUnread(): Promise<void> {
    const { conversationId, user: userId } = this
    const view = await this.#untilAnswered<ConversationView>('chat.get', { conversationId })
    const { unread, you } = view
    this.#history.counted({ conversationId, userId, readSeq: you?.readSeq ?? 0, unread })
  }

  leave(): void {
    this.#hasLeft = true
    this.#client.close()
  }

  /** For whoever asks why they do not go on. */
  says(): string {
    const { state } = this.#client.centrifuge
    return `${this.user} is ${state}, had ${this.taken} messages taken and saw ${this.seenSeq}; ${this.#lastProblem}`
  }

  #watch(): void {
    const { centrifuge } = this.#client
    const subscription = centrifuge.newSubscription(chatChannel(this.conversationId))
    subscription.on('subscribed', (context) => this.#subscribed(context))
    subscription.on('publication', (context) => this.#published(context))
    subscription.on('error', ({ error }) => this.#noteProblem(error))
    subscription.on('unsubscribed', ({ code, reason }) => {
      if (!this.#hasLeft) this.#stuck = new Error(`unsubscribed for good: ${code} ${reason}`)
    })
    subscription.subscribe()
  }

  /** What was missed comes as publications where it could be recovered: then the stream just goes on. */
  #subscribed({ wasRecovering, recovered, streamPosition }: SubscribedContext): void {
    if (wasRecovering && recovered) {
      this.recoveries += 1
      return
    }
    if (wasRecovering) this.startsOver += 1
    this.seenSeq = streamPosition?.offset ?? 0
    this.#history.joined(this.user, this.conversationId, this.seenSeq)
  }

  #published({ data, offset }: PublicationContext): void {
    const said = data as ChatPublication | TypingPublication
    if (said.type === 'typing' || offset === undefined) return
    this.seenSeq = offset
    const { conversationId, user: watcher } = this
    const messageId = said.message === undefined ? {} : { messageId: said.message.messageId }
    const { type } = said
    this.#history.saw({ watcher, conversationId, seq: offset, type, ...messageId })
  }

  async #untilAnswered<Result>(method: MethodName, params: object): Promise<Result> {
    const deadlineMs = performance.now() + patienceMs
    while (performance.now() < deadlineMs) {
      const answer = await this.#ask<Result & { readonly outcome?: string }>(method, params)
      const { outcome = 'accepted' } = answer ?? { outcome: 'none' }
      if (answer !== undefined && outcome === 'accepted') return answer
      await this.#beforeAgain(answer as ChatOutcome | undefined)
    }
    throw new Error(`${method} has no answer: ${this.says()}`)
  }

  /** Undefined where no answer came. @throws Error where asking again is not what an app should do */
  async #ask<Result>(method: MethodName, params: object): Promise<Result | undefined> {
    try {
      return (await this.#client.centrifuge.rpc(method, params)).data as Result
    } catch (error) {
      const { code = 0, temporary = false } = error as { code?: number; temporary?: boolean }
      if (code > libraryCodeMax && !temporary) throw error
      this.#noteProblem(error)
      return undefined
    }
  }

  async #beforeAgain(answer: ChatOutcome | undefined): Promise<void> {
    if (this.#stuck !== undefined) throw this.#stuck
    if (this.#hasLeft) throw new Error(`${this.user} has left before they knew`)
    if (answer !== undefined) this.#noteProblem(answer)
    if (answer?.outcome === 'refused' && !answer.retryable) {
      throw new Error(`${this.user} was refused: ${answer.code}`)
    }
    const retryAfterMs = answer?.outcome === 'refused' ? answer.retryAfterMs : undefined
    await pause(Math.min(retryAfterMs ?? againMs, againMsMax))
  }

  #noteProblem(problem: unknown): void {
    this.#lastProblem = `the last problem was ${JSON.stringify(problem)}`
  }
}
