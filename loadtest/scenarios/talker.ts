// One person of a pair: says one thing after the other, and marks what it hears as delivered and read.
import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type {
  ChatOutcome,
  ChatPublication,
  ChatSnapshot,
  TypingPublication,
} from '../../protocol/chat.ts'
import type { LoadClient } from '../client/load-client.ts'
import type { Crew, Testimony } from '../run/scenario.ts'
import type { Asking, Times } from './asking.ts'

/** One sending of a message and what came of it, as the auditor takes it. */
export interface MessageTestimony extends Testimony, Times {
  readonly type: 'message'
  readonly conversationId: string
  readonly user: string
  readonly clientMessageId: string
  /** Undefined where the connection was lost before. */
  readonly answer: ChatOutcome | undefined
}

/** What the talkers of a process share. */
export interface Conversing {
  readonly crew: Crew
  readonly messages: Asking
  readonly marks: Asking
  /** What everybody says, each time. */
  readonly text: string
  readonly testify: (testimony: MessageTestimony) => void
}

export class Talker {
  readonly #conversing: Conversing
  readonly #device: LoadClient
  readonly #user: string
  readonly #conversationId: string
  /** When what it is to say was due. It says one after the other, as apps do: so it stands in that order. */
  readonly #toSay: number[] = []
  #isSpeaking = false
  /** What the other one has not heard yet, by its id, and when it was due. */
  readonly #unheard = new Map<string, number>()
  /** How far it has heard the other one, has marked, and was told that it has. */
  #heardSeq = 0
  #readSeq = 0
  #toldSeq = 0
  #isMarking = false

  constructor(conversing: Conversing, device: LoadClient, user: string, conversationId: string) {
    this.#conversing = conversing
    this.#device = device
    this.#user = user
    this.#conversationId = conversationId
  }

  /** The number of its device. */
  get nth(): number {
    return this.#device.nth
  }

  /** All that it said was heard, all that it heard is marked, and everybody knows of it. */
  get isQuiet(): boolean {
    if (this.#toSay.length > 0 || this.#isSpeaking || this.#unheard.size > 0) return false
    return this.#readSeq >= this.#heardSeq && this.#toldSeq >= this.#readSeq && !this.#isMarking
  }

  /** @param dueMs when it is due, by `performance.now()` */
  say(dueMs: number): void {
    this.#conversing.crew.recorder.count('sent')
    this.#toSay.push(dueMs)
    this.#sayNext()
  }

  /** The other one has heard it. */
  wasHeard(clientMessageId: string): void {
    const dueMs = this.#unheard.get(clientMessageId)
    if (dueMs === undefined) return
    this.#unheard.delete(clientMessageId)
    this.#conversing.crew.recorder.time('conversation', performance.now() - dueMs)
  }

  /** Something happened in the conversation. */
  hears(said: ChatPublication | TypingPublication, other: Talker): void {
    if (said.type === 'typing') return
    const { type, message, receipt } = said
    if (receipt?.userId === this.#user) this.#told(receipt.readSeq)
    if (type !== 'message_created' || message === undefined || message.senderId === this.#user) {
      return
    }
    other.wasHeard(message.clientMessageId)
    this.#heardSeq = Math.max(this.#heardSeq, message.seq)
    this.#mark()
  }

  /** It was away for too long, and is given what is there instead of what happened. */
  startsOver({ conversation, messages }: ChatSnapshot, other: Talker): void {
    this.#told(conversation.members.find(({ userId }) => userId === this.#user)?.readSeq)
    for (const message of messages) {
      if (message.senderId === this.#user) continue
      other.wasHeard(message.clientMessageId)
      this.#heardSeq = Math.max(this.#heardSeq, message.seq)
    }
    // What lies further back it would look up, and nobody waits for that here.
    other.#unheard.clear()
    this.#mark()
  }

  #sayNext(): void {
    const dueMs = this.#toSay[0]
    if (this.#isSpeaking || dueMs === undefined) return
    this.#toSay.shift()
    this.#isSpeaking = true
    const { messages, text, testify } = this.#conversing
    const conversationId = this.#conversationId
    const clientMessageId = randomUUID()
    this.#unheard.set(clientMessageId, dueMs)
    messages.ask<ChatOutcome>({
      device: this.#device,
      method: 'chat.send',
      params: { conversationId, clientMessageId, text },
      dueMs,
      attempted: (answer, times) => {
        const user = this.#user
        testify({ type: 'message', conversationId, user, clientMessageId, ...times, answer })
      },
      settled: (answer) => {
        if (answer?.outcome !== 'accepted') this.#unheard.delete(clientMessageId)
        this.#isSpeaking = false
        this.#sayNext()
      },
    })
  }

  /** First that it has come, then, in one go with whatever has come meanwhile, that it is read. */
  #mark(): void {
    if (this.#isMarking || this.#heardSeq <= this.#readSeq) return
    this.#isMarking = true
    this.#ask('chat.delivered', this.#heardSeq, () => {
      const upToSeq = this.#heardSeq
      this.#ask('chat.read', upToSeq, () => {
        this.#readSeq = upToSeq
        this.#isMarking = false
        this.#mark()
      })
    })
  }

  #ask(method: 'chat.delivered' | 'chat.read', upToSeq: number, settled: () => void): void {
    const { marks, crew } = this.#conversing
    crew.recorder.count('marks')
    const params = { conversationId: this.#conversationId, upToSeq }
    marks.ask({ device: this.#device, method, params, dueMs: performance.now(), settled })
  }

  #told(readSeq: number | undefined): void {
    this.#toldSeq = Math.max(this.#toldSeq, readSeq ?? 0)
  }
}
