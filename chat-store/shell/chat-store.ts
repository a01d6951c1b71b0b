// The chat store as a part of a process: serves commands, wakes what is due, and tells what was committed.
// It holds nothing that is true, so any number of stores may stand side by side.
import { assert } from '../../platform/assert.ts'
import { type Beat, beat } from '../../platform/beat.ts'
import type { Bus, Unlisten } from '../../platform/bus/bus.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Part } from '../../platform/lifecycle.ts'
import type { Logger } from '../../platform/log.ts'
import { OutboxKeeper } from '../../platform/outbox-keeper.ts'
import { untilStoreAnswers } from '../../platform/patience.ts'
import { untilAborted } from '../../platform/until-aborted.ts'
import type { ChatOutcome } from '../../protocol/chat.ts'
import type { ConversationCommand, HouseCommand } from '../../protocol/chat-store.ts'
import {
  chatCommandsSubject,
  chatQueue,
  houseCommandsSubject,
  rulesHintSubject,
  shardOf,
} from '../../protocol/subjects.ts'
import type { ChatStoreCommand } from '../core/command.ts'
import type { Setting } from '../core/setting.ts'
import {
  type ChatLimits,
  outboxPeriodMs,
  rulesPeriodMs,
  wakePeriodMs,
  wokenMax,
} from '../limits.ts'
import type { ChatHouse } from '../ports/chat-house.ts'
import type { ChatLog } from '../ports/chat-log.ts'
import type { ChatOutbox, UntoldChatEvents } from '../ports/chat-outbox.ts'
import type { ChatMetrics } from './chat-metrics.ts'
import { type Attachments, HouseDesk } from './house-desk.ts'
import { Lane } from './lane.ts'
import { RepeatedTexts } from './repeated-texts.ts'
import { RuleBook } from './rule-book.ts'
import { Teller } from './teller.ts'

export interface ChatStoreOptions {
  /** One per lane, and one more to look for what is due. */
  readonly makeLog: () => ChatLog
  readonly outbox: ChatOutbox
  readonly house: ChatHouse
  /** Undefined where nothing can be attached. */
  readonly attachments?: Attachments
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: ChatMetrics
  readonly limits: ChatLimits
}

export class ChatStore implements Part {
  readonly name = 'chat-store'
  readonly #options: ChatStoreOptions
  readonly #ruleBook: RuleBook
  readonly #repeatedTexts: RepeatedTexts
  readonly #desk: HouseDesk
  readonly #outboxKeeper: OutboxKeeper<UntoldChatEvents>
  readonly #dueLog: ChatLog
  readonly #logs: readonly ChatLog[]
  readonly #lanes: readonly Lane[]
  readonly #ending = new AbortController()
  #serving: readonly Unlisten[] = []
  #beats: readonly Beat[] = []

  constructor(options: ChatStoreOptions) {
    const { makeLog, clock, log: logger, limits } = options
    this.#options = options
    this.#ruleBook = new RuleBook(options)
    this.#repeatedTexts = new RepeatedTexts(clock)
    this.#desk = new HouseDesk({ ...options, ruleBook: this.#ruleBook })
    const teller = new Teller({
      ...options,
      onPublished: (outboxId) => this.#outboxKeeper.published(outboxId),
    })
    this.#outboxKeeper = new OutboxKeeper({ ...options, publish: (rows) => teller.repeat(rows) })
    this.#dueLog = makeLog()
    this.#logs = Array.from({ length: limits.lanes }, makeLog)
    const settingOf = (conversationId: string) => this.#settingOf(conversationId)
    this.#lanes = this.#logs.map((log) => new Lane({ ...options, log, settingOf, teller, logger }))
  }

  /**
   * Resolves when the rules are read, what others left untold is told, and commands are served. A database
   * that does not answer is waited for.
   */
  async start(): Promise<void> {
    const patience = { ...this.#options, signal: this.#ending.signal }
    await untilStoreAnswers(() => this.#ruleBook.reload(), patience)
    for (const lane of this.#lanes) lane.start()
    // What a predecessor committed and did not tell is told at once.
    const tellAll = () => this.#outboxKeeper.relay(Number.MAX_SAFE_INTEGER)
    await untilStoreAnswers(tellAll, patience)
    this.#serving = await this.#serve()
    this.#beats = [
      beat('due conversations', wakePeriodMs, () => this.#wakeDue(), this.#options),
      beat('outbox', outboxPeriodMs, () => this.#outboxKeeper.tidy(), this.#options),
      beat('rules', rulesPeriodMs, () => this.#ruleBook.reload(), this.#options),
    ]
  }

  /** The process ends before this store is at work: whatever it waits for, it waits no more. */
  giveUp(): void {
    this.#ending.abort(new Error('the chat store was told to end before it was at work'))
  }

  /** Takes no new command, decides what was admitted, and tells it. */
  async drain(signal: AbortSignal): Promise<void> {
    this.#unlisten()
    await untilAborted(signal, this.#endBeats())
    await untilAborted(signal, Promise.all(this.#lanes.map((lane) => lane.drain())))
    const marked = this.#outboxKeeper.mark().catch((err: unknown) => {
      // Other stores tell those again, and nobody minds.
      this.#options.log.warn({ err }, 'published rows could not be marked')
    })
    await untilAborted(signal, marked)
  }

  /** Without a drain before it this is as good as a crash: other stores tell what it committed. */
  async stop(): Promise<void> {
    this.giveUp()
    this.#unlisten()
    this.#outboxKeeper.stop()
    for (const lane of this.#lanes) lane.stop()
    await this.#endBeats()
    await Promise.all([this.#dueLog, ...this.#logs].map((log) => log.close()))
  }

  /** Has a command decided and committed. Undefined where it is done and says nothing. Never rejects. */
  async submit(command: ChatStoreCommand): Promise<ChatOutcome | undefined> {
    const attachmentId = attachmentOf(command)
    // Not in the lane: an object store may take its time, and nobody else shall wait for it.
    if (attachmentId !== undefined) await this.#options.attachments?.settle(attachmentId)
    const lane = this.#lanes[shardOf(command.conversationId) % this.#lanes.length]
    assert(lane !== undefined, 'a store has at least one lane')
    return lane.submit(command)
  }

  #serve(): Promise<readonly Unlisten[]> {
    const { bus, log } = this.#options
    const queue = { queue: chatQueue }
    return Promise.all([
      bus.serve(
        chatCommandsSubject,
        (message) => this.submit(message as ConversationCommand),
        queue,
      ),
      bus.serve(
        houseCommandsSubject,
        (message) => this.#desk.submit(message as HouseCommand),
        queue,
      ),
      bus.listen(rulesHintSubject, () => {
        this.#ruleBook.reload().catch((err: unknown) => {
          log.warn({ err }, 'the rules of moderation could not be read')
        })
      }),
    ])
  }

  /** Several stores may wake the same conversation: the first does it, the others find nothing to do. */
  async #wakeDue(): Promise<void> {
    const dueIds = await this.#dueLog.due(this.#options.clock.nowMs(), wokenMax)
    await Promise.all(dueIds.map((conversationId) => this.submit({ type: 'wake', conversationId })))
  }

  #settingOf(conversationId: string): Setting {
    return {
      rules: this.#ruleBook.current,
      conversationsWithText: (senderId, text) =>
        this.#repeatedTexts.conversationsWith(senderId, text, conversationId),
    }
  }

  async #endBeats(): Promise<void> {
    await Promise.all(this.#beats.map((each) => each.stop()))
  }

  #unlisten(): void {
    for (const unlisten of this.#serving) unlisten()
    this.#serving = []
  }
}

function attachmentOf(command: ChatStoreCommand): string | undefined {
  return command.type === 'send_message' ? command.content.attachmentId : undefined
}
