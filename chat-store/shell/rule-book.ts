// The rules of moderation as they are now: read from the house when they change, without a restart.
import type { Logger } from '../../platform/log.ts'
import type { ModerationRule } from '../../protocol/moderation.ts'
import { compileRules } from '../core/moderation/compile-rules.ts'
import type { Rule } from '../core/moderation/rule.ts'
import type { ChatHouse } from '../ports/chat-house.ts'

export interface RuleBookOptions {
  readonly house: Pick<ChatHouse, 'rules'>
  readonly log: Logger
}

export class RuleBook {
  readonly #options: RuleBookOptions
  #current: readonly Rule[] = []
  /** The rules as they were read; undefined before the first time. */
  #read: string | undefined
  #loading: Promise<void> = Promise.resolve()

  constructor(options: RuleBookOptions) {
    this.#options = options
  }

  get current(): readonly Rule[] {
    return this.#current
  }

  /**
   * Reads them. A reading that was asked for later ends later, so the newest rules stand.
   * @throws the database's error; the rules are as before then.
   */
  reload(): Promise<void> {
    const loading = this.#loading.catch(() => {}).then(() => this.#load())
    this.#loading = loading
    return loading
  }

  async #load(): Promise<void> {
    const rules = await this.#options.house.rules()
    const read = JSON.stringify(rules)
    // Most readings find nothing new, and compiling ten thousand words takes its time.
    if (read === this.#read) return
    this.#current = rules.flatMap((rule) => this.#compiled(rule))
    this.#read = read
  }

  /** A rule that can not be compiled judges nothing; the others go on. */
  #compiled(rule: ModerationRule): readonly Rule[] {
    try {
      return compileRules([rule])
    } catch (err) {
      this.#options.log.error({ err, ruleId: rule.ruleId }, 'a moderation rule is left out')
      return []
    }
  }
}
