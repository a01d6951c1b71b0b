// What is done for order's sake, whoever talks: room for the months to come, the search index, retention,
// and the erasure of users. Several stores may do it at once; each pass is one transaction and takes what is free.

import { type Beat, beat } from '../../platform/beat.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Part } from '../../platform/lifecycle.ts'
import type { Logger } from '../../platform/log.ts'
import { untilStoreAnswers } from '../../platform/patience.ts'
import { CONVERSATION_KINDS, type ConversationKind } from '../../protocol/chat.ts'
import type { ChatStoreCommand } from '../core/command.ts'
import {
  dayMs,
  erasedMessagesPerPass,
  erasurePeriodMs,
  erasuresPerPass,
  monthsAhead,
  type Retention,
  searchPeriodMs,
  thinnedConversationsPerPass,
  thinningPeriodMs,
} from '../limits.ts'
import type { ChatKeeping } from '../ports/chat-keeping.ts'

export interface HousekeepingOptions {
  readonly keeping: ChatKeeping
  readonly retention: Retention
  /** Has a command decided and committed like any other. Never throws; false where it could not be. */
  readonly submit: (command: ChatStoreCommand) => Promise<boolean>
  readonly clock: Clock
  readonly log: Logger
}

export class Housekeeping implements Part {
  readonly name = 'chat housekeeping'
  readonly #options: HousekeepingOptions
  readonly #ending = new AbortController()
  #beats: readonly Beat[] = []

  constructor(options: HousekeepingOptions) {
    this.#options = options
  }

  /** Resolves when the months ahead have room; a store that does not answer is waited for. */
  async start(): Promise<void> {
    const { keeping } = this.#options
    const { signal } = this.#ending
    await untilStoreAnswers(() => this.#prepareMonths(), { ...this.#options, signal })
    this.#beats = [
      beat('search', searchPeriodMs, () => keeping.foldSearch(), this.#options),
      beat('retention', thinningPeriodMs, () => this.#keepOrder(), this.#options),
      beat('erasure', erasurePeriodMs, () => this.#eraseUsers(), this.#options),
    ]
  }

  giveUp(): void {
    this.#ending.abort(new Error('housekeeping was told to end before it had begun'))
  }

  async drain(): Promise<void> {
    this.giveUp()
    await Promise.all(this.#beats.map((each) => each.stop()))
  }

  stop(): Promise<void> {
    return this.drain()
  }

  async #prepareMonths(): Promise<void> {
    const { keeping, clock } = this.#options
    await keeping.preparePartitions(clock.nowMs(), monthsAhead)
  }

  async #keepOrder(): Promise<void> {
    await this.#prepareMonths()
    for (const kind of CONVERSATION_KINDS) await this.#thin(kind)
    const { keeping, clock } = this.#options
    await keeping.dropEmptyPartitions(clock.nowMs())
  }

  async #thin(kind: ConversationKind): Promise<void> {
    const { keeping, retention, clock, log } = this.#options
    const days = retention[kind]
    if (days === undefined) return
    // Whole days, so that a conversation is looked at once a day and not in each pass.
    const beforeMs = Math.floor(clock.nowMs() / dayMs - days) * dayMs
    let gone = 0
    for (;;) {
      const { conversations, messages } = await keeping.thin(
        kind,
        beforeMs,
        thinnedConversationsPerPass,
      )
      gone += messages
      if (conversations < thinnedConversationsPerPass || this.#ending.signal.aborted) break
    }
    if (gone > 0) log.info({ kind, days, messages: gone }, 'messages passed their retention')
  }

  async #eraseUsers(): Promise<void> {
    const { keeping, clock, log } = this.#options
    for (const userId of await keeping.erasuresToDo(clock.nowMs(), erasuresPerPass)) {
      const isErased = await this.#eraseMessages(userId)
      if (!isErased) continue
      const isAll = await keeping.eraseTraces(userId, clock.nowMs(), thinningPeriodMs)
      log.info({ userId, isAll }, 'a user was erased')
    }
  }

  /** As events of their conversations, so that everybody's copy is erased too. True when none is left. */
  async #eraseMessages(userId: string): Promise<boolean> {
    const { keeping, submit } = this.#options
    let lastId: string | undefined
    for (;;) {
      const messages = await keeping.messagesToErase(userId, lastId, erasedMessagesPerPass)
      lastId = messages.at(-1)?.messageId
      if (lastId === undefined) return true
      const erased = await Promise.all(
        messages.map((message) => submit({ type: 'erase_message', ...message })),
      )
      if (this.#ending.signal.aborted || erased.includes(false)) return false
    }
  }
}
