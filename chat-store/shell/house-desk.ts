// Serves the commands about users and the house: who blocks whom, settings, silences, rules, uploads,
// erasures. They are rare, so each is one transaction of its own. All of them may be done twice.

import type { Bus } from '../../platform/bus/bus.ts'
import type { Clock } from '../../platform/clock.ts'
import { codeOf } from '../../platform/failure.ts'
import { uuidv7 } from '../../platform/ids.ts'
import type { Logger } from '../../platform/log.ts'
import { classifyDatabaseError } from '../../platform/retry.ts'
import type { BlockChange, HouseCommand, HouseOutcome } from '../../protocol/chat-store.ts'
import type { Role } from '../../protocol/identity.ts'
import { blockChangesSubject, rulesHintSubject } from '../../protocol/subjects.ts'
import type { ChatHouse } from '../ports/chat-house.ts'
import type { ChatMetrics } from './chat-metrics.ts'
import { outcomeName, refused, unknownOutcome } from './outcomes.ts'
import type { RuleBook } from './rule-book.ts'

export type CreateAttachment = Extract<HouseCommand, { readonly type: 'create_attachment' }>

/** What is done about uploads. */
export interface Attachments {
  /** Makes room for an upload. @throws the error of the database or the object store. */
  create(command: CreateAttachment): Promise<HouseOutcome>
  /** Looks at the bytes of an upload, if nobody has, before it is decided upon. Never rejects. */
  settle(attachmentId: string): Promise<void>
}

export interface HouseDeskOptions {
  readonly house: ChatHouse
  readonly ruleBook: RuleBook
  /** Undefined where nothing can be attached. */
  readonly attachments?: Attachments
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Pick<ChatMetrics, 'commands'>
}

/** Who may; what is not named is everybody's own affair. The gateway asks the same of its table of rights. */
const rights: Partial<Readonly<Record<HouseCommand['type'], readonly Role[]>>> = {
  silence: ['moderator', 'service', 'admin'],
  set_moderation_rules: ['service', 'admin'],
  erase_user: ['service', 'admin'],
}

export class HouseDesk {
  readonly #options: HouseDeskOptions

  constructor(options: HouseDeskOptions) {
    this.#options = options
  }

  /** Never rejects. `unknown` where the database did not say: to ask again does no harm. */
  async submit(command: HouseCommand): Promise<HouseOutcome> {
    const outcome = await this.#settle(command)
    this.#options.metrics.commands.inc({ type: command.type, outcome: outcomeName(outcome) })
    return outcome
  }

  async #settle(command: HouseCommand): Promise<HouseOutcome> {
    const { clock } = this.#options
    if (!mayDo(command)) return refused({}, 'not_permitted', clock.nowMs())
    try {
      return (await this.#do(command)) ?? { outcome: 'accepted', serverTime: clock.nowMs() }
    } catch (err) {
      return this.#failed(command, err)
    }
  }

  /** Undefined where it is done and there is nothing more to say. */
  async #do(command: HouseCommand): Promise<HouseOutcome | undefined> {
    const { house, clock, attachments } = this.#options
    const { userId } = command.actor
    const nowMs = clock.nowMs()
    switch (command.type) {
      case 'block':
        await house.block(userId, command.userId, nowMs)
        return this.#announce(userId, command.userId, true)
      case 'unblock':
        await house.unblock(userId, command.userId)
        return this.#announce(userId, command.userId, false)
      case 'set_chat_settings':
        await house.setHidesReadMarks(userId, command.settings.hideReadMarks)
        return undefined
      case 'silence':
        await house.silence(command.silence, userId, nowMs)
        return undefined
      case 'set_moderation_rules':
        await house.setRules(command.rules, userId, nowMs)
        return this.#applyRules()
      case 'create_attachment':
        return (
          attachments?.create(command) ??
          refused(command, 'not_permitted', nowMs, { reason: 'nothing can be attached here' })
        )
      case 'erase_user':
        await house.requestErasure(command.userId, userId, nowMs)
        return undefined
    }
  }

  /** Said even where nothing changed: somebody may have missed it the first time. */
  #announce(blockerId: string, blockedId: string, blocked: boolean): undefined {
    const change: BlockChange = { blockerId, blockedId, blocked }
    this.#options.bus.publish(blockChangesSubject, change)
  }

  async #applyRules(): Promise<undefined> {
    const { ruleBook, bus } = this.#options
    bus.publish(rulesHintSubject, {})
    await ruleBook.reload()
  }

  #failed(command: HouseCommand, cause: unknown): HouseOutcome {
    const { clock, log } = this.#options
    const state = codeOf(cause)
    const isTransient = classifyDatabaseError(cause) !== undefined || state === undefined
    if (isTransient) {
      log.warn({ err: cause, command: command.type }, 'a house command failed')
      return unknownOutcome({}, clock.nowMs())
    }
    const incidentId = uuidv7()
    // Not the error itself: it may quote the row.
    log.error({ state, incidentId, command: command.type }, 'a house command can not be done')
    return refused({}, 'internal', clock.nowMs(), { incidentId })
  }
}

function mayDo({ type, actor }: HouseCommand): boolean {
  return rights[type]?.some((role) => actor.roles.includes(role)) ?? true
}
