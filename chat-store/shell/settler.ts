// Brings a batch of commands to its end: what was read of their conversations is decided upon, committed
// in one call, answered and told. Where somebody else changed a conversation meanwhile its commands are
// decided anew; where something can not be read, decided or stored, halves are tried until it stands alone.
import { assert } from '../../platform/assert.ts'
import type { Clock } from '../../platform/clock.ts'
import { commitUntilKnown, type GivenUp } from '../../platform/commit-until-known.ts'
import { codeOf } from '../../platform/failure.ts'
import { uuidv7 } from '../../platform/ids.ts'
import type { Logger } from '../../platform/log.ts'
import type { ChatOutcome } from '../../protocol/chat.ts'
import type { ConversationChange } from '../core/change.ts'
import type { Facts } from '../core/conversation.ts'
import type { Setting } from '../core/setting.ts'
import { commitGiveUpMs, conflictsMax, databaseRetry } from '../limits.ts'
import type { ChatCommitResult, ChatLog, ConversationVerdict } from '../ports/chat-log.ts'
import type { Admitted } from './admitted.ts'
import type { ChatMetrics } from './chat-metrics.ts'
import {
  type CommandsByConversation,
  type Decided,
  decideBatch,
  type Heard,
} from './decide-batch.ts'
import { outcomeName, overloaded, refused, unknownOutcome } from './outcomes.ts'
import { type Reading, readUntilKnown } from './read-until-known.ts'
import { Recollection } from './recollection.ts'
import type { Teller } from './teller.ts'

export interface SettlerOptions {
  /** Of one lane: its commits do not overlap. */
  readonly log: ChatLog
  /** By what texts are judged in a conversation. */
  readonly settingOf: (conversationId: string) => Setting
  readonly teller: Teller
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: ChatMetrics
  /** Ends the attempts in the middle of things: what is not committed by then is given up. */
  readonly signal: AbortSignal
}

/** The changes of a batch, by how what they were decided upon was known. */
interface DecidedUpon {
  readonly read: readonly Decided[]
  readonly recalled: readonly Decided[]
}

/** What became of a batch, as far as it can be known. */
type Committed = Exclude<ChatCommitResult, { readonly type: 'failed' | 'in_doubt' }> | GivenUp

/** The answer to a command that was not decided to its end. */
type Reply = (command: Admitted['command'], nowMs: number) => ChatOutcome

export class Settler {
  readonly #options: SettlerOptions
  readonly #recollection = new Recollection()

  constructor(options: SettlerOptions) {
    this.#options = options
  }

  /**
   * Everybody has been answered when the promise resolves. Never rejects for what a command holds.
   * @returns whether somebody else changed one of the conversations meanwhile.
   */
  async settle(admitted: readonly Admitted[]): Promise<boolean> {
    let left = await this.#attempt(admitted)
    if (left.length === 0) return false
    for (let conflicts = 1; left.length > 0 && conflicts <= conflictsMax; conflicts += 1) {
      left = await this.#attempt(left)
    }
    if (left.length > 0) {
      this.#options.logger.warn({ commands: left.length }, 'others were faster time and again')
      this.#answerAll(left, overloaded)
    }
    return true
  }

  /** Returns the commands whose conversation was changed by somebody else after it was read. */
  async #attempt(admitted: readonly Admitted[]): Promise<readonly Admitted[]> {
    const { clock, settingOf } = this.#options
    const fromMs = clock.nowMs()
    const commands = Map.groupBy(admitted, ({ command }) => command.conversationId)
    let decided: readonly Decided[]
    let recalled: readonly Decided[]
    try {
      recalled = this.#decideRecalled(commands, fromMs)
      for (const { conversationId } of recalled) commands.delete(conversationId)
      const reading = await this.#read(commands)
      if (reading.type === 'away') return this.#answerAll(admitted, overloaded)
      if (reading.type === 'unreadable') return this.#isolate(admitted, reading.cause)
      decided = decideBatch(commands, reading.facts, clock.nowMs(), settingOf)
    } catch (cause) {
      return this.#isolate(admitted, cause)
    }
    const changed = decided.filter(({ change }) => change !== undefined)
    // What changes nothing is true already, whatever becomes of the others.
    for (const one of decided) if (one.change === undefined) this.#answerAsDecided(one)
    return this.#store({ read: changed, recalled }, fromMs)
  }

  /**
   * Decides upon what is remembered, where it suffices. Only what is accepted and goes through the commit is
   * worth anything then: a refusal, or an earlier answer, is given to nobody without reading.
   */
  #decideRecalled(commands: CommandsByConversation, nowMs: number): readonly Decided[] {
    const known = new Map<string, readonly Admitted[]>()
    const facts: Facts[] = []
    for (const [conversationId, admitted] of commands) {
      const asked = admitted.map(({ command }) => command)
      const recalled = this.#recollection.recall(conversationId, asked, nowMs)
      if (recalled === undefined) continue
      known.set(conversationId, admitted)
      facts.push(recalled)
    }
    const decided = decideBatch(known, facts, nowMs, this.#options.settingOf)
    return decided.filter(({ heard }) => heard.every(isNewlyAccepted))
  }

  async #read(commands: CommandsByConversation): Promise<Reading> {
    const { metrics } = this.#options
    if (commands.size === 0) return { type: 'read', facts: [] }
    const startedMs = performance.now()
    const reading = await readUntilKnown(commands, this.#options)
    metrics.readMs.observe(performance.now() - startedMs)
    return reading
  }

  async #store(upon: DecidedUpon, fromMs: number): Promise<readonly Admitted[]> {
    const decided = [...upon.recalled, ...upon.read]
    if (decided.length === 0) return []
    const changes = decided.flatMap(({ change }) => change ?? [])
    const result = await this.#commit(changes, upon.recalled.length > 0)
    switch (result.type) {
      case 'done': {
        const conflicting = this.#conclude(decided, result.verdicts, fromMs)
        const { read = [], recalled = [] } = Object.groupBy(conflicting, (one) =>
          upon.recalled.includes(one) ? 'recalled' : 'read',
        )
        this.#options.metrics.conflicts.inc(read.length)
        // That a memory was out of date is nobody's contention: it is forgotten, so now the facts are read.
        const left = recalled.length === 0 ? [] : await this.#attempt(commandsOf(recalled))
        return [...commandsOf(read), ...left]
      }
      case 'given_up':
        return this.#answerAll(commandsOf(decided), result.inDoubt ? unknownOutcome : overloaded)
      case 'unstorable':
        return this.#isolate(commandsOf(decided), result.cause)
    }
  }

  async #commit(
    changes: readonly ConversationChange[],
    answersUnread: boolean,
  ): Promise<Committed> {
    const { log, logger, clock, metrics } = this.#options
    const startedMs = performance.now()
    const batch = { batchId: uuidv7(), atMs: clock.nowMs(), changes, answersUnread }
    const result = await commitUntilKnown(() => log.commit(batch), {
      ...this.#options,
      log: logger,
      giveUpMs: commitGiveUpMs,
      delays: databaseRetry,
    })
    metrics.commitMs.observe(performance.now() - startedMs)
    metrics.commits.inc({ result: result.type })
    return result
  }

  /** Answers and tells what was stored. Returns what conflicts. */
  #conclude(
    decided: readonly Decided[],
    verdicts: readonly ConversationVerdict[],
    fromMs: number,
  ): readonly Decided[] {
    const { teller } = this.#options
    const conflicting: Decided[] = []
    let isAnythingTold = false
    for (const [nth, one] of decided.entries()) {
      const verdict = verdicts[nth]
      assert(verdict !== undefined, 'the log gives a verdict on each conversation')
      if (verdict.type === 'conflict') {
        this.#recollection.forget(one.conversationId)
        conflicting.push(one)
        continue
      }
      this.#recollection.stored(one, fromMs)
      this.#answerAsDecided(one)
      teller.tell(one.conversationId, one.told, verdict.outboxId)
      isAnythingTold ||= one.told.length > 0
    }
    if (isAnythingTold) teller.hint()
    return conflicting
  }

  /** Some command holds what can not be dealt with: halves are tried until it stands alone. */
  async #isolate(admitted: readonly Admitted[], cause: unknown): Promise<readonly Admitted[]> {
    if (admitted.length === 1) {
      const incidentId = uuidv7()
      const command = admitted[0]?.command.type
      // An error of the database may quote the row, so only its code is told.
      const fault = codeOf(cause) === undefined ? { err: cause } : { state: codeOf(cause) }
      this.#options.logger.error({ ...fault, incidentId, command }, 'a command can not be settled')
      return this.#answerAll(admitted, (one, nowMs) =>
        refused(one, 'internal', nowMs, { incidentId }),
      )
    }
    const half = Math.ceil(admitted.length / 2)
    await this.settle(admitted.slice(0, half))
    await this.settle(admitted.slice(half))
    return []
  }

  #answerAsDecided({ heard }: Decided): void {
    for (const { admitted, outcome } of heard) this.#answer(admitted, outcome)
  }

  /** Nothing is left of these commands. */
  #answerAll(admitted: readonly Admitted[], reply: Reply): readonly Admitted[] {
    const nowMs = this.#options.clock.nowMs()
    for (const one of admitted) this.#answer(one, reply(one.command, nowMs))
    return []
  }

  #answer({ command, answer }: Admitted, outcome: ChatOutcome | undefined): void {
    answer(outcome)
    this.#options.metrics.commands.inc({ type: command.type, outcome: outcomeName(outcome) })
  }
}

function isNewlyAccepted({ outcome }: Heard): boolean {
  return outcome?.outcome === 'accepted' && outcome.replayed !== true
}

function commandsOf(decided: readonly Decided[]): readonly Admitted[] {
  return decided.flatMap(({ heard }) => heard.map(({ admitted }) => admitted))
}
