// A server that is compared, and those who bid there from a process of their own.
import { setTimeout as sleep } from 'node:timers/promises'
import { type OpenAskers, openAskers } from '../askers/open-askers.ts'
import type { AskOrder } from '../askers/words.ts'
import { compare } from '../ledger.ts'
import { microsEach, processorMs, spentWhile } from '../processor-time.ts'
import type { Figures } from '../turns.ts'
import type { Worked } from '../what-worked.ts'
import type { Ground, Serving } from './servers.ts'

export type StandFigures = Worked & Figures<'accepted/s' | 'refused %' | 'median ms' | 'p99 ms'>

/** Work that is left from the turn before is waited for, until there is less than that of a core. */
const calmCores = 0.1
const calmLookMs = 100
const calmPatienceMs = 5_000

/** Beside the server's own processes, which have other names. */
const postgresName = 'PostgreSQL'
const biddersName = 'bidders'

export class Stand {
  readonly name: string
  readonly says: string
  readonly #serving: Serving
  readonly #askers: OpenAskers
  /** Of all that is at work for the bids, by name. */
  readonly #pids: Readonly<Record<string, number>>
  /** What each process has spent in all turns so far, in ms, and on how many bids. */
  readonly #spentMs = new Map<string, number>()
  #answered = 0

  private constructor(
    { name, says }: Pick<Stand, 'name' | 'says'>,
    serving: Serving,
    postgresPid: number,
    askers: OpenAskers,
  ) {
    this.name = name
    this.says = says
    this.#serving = serving
    this.#askers = askers
    this.#pids = { ...serving.pids, [postgresName]: postgresPid, [biddersName]: askers.pid }
  }

  /** Resolves when all bidders are connected. */
  static async open(
    about: Pick<Stand, 'name' | 'says'> & { readonly bidders: number },
    serving: Serving,
    { keep, postgres }: Ground,
  ): Promise<Stand> {
    const askers = await openAskers(keep, `the bidders of ${about.name}`, {
      url: serving.url,
      askers: about.bidders,
      matter: { type: 'bids', lotId: serving.lotId },
    })
    return new Stand(about, serving, postgres.pid, askers)
  }

  /** @throws where a bid is neither accepted nor refused as too low or as one too many */
  async bid(order: AskOrder): Promise<StandFigures> {
    await this.#calm()
    const [asked, spent] = await spentWhile(this.#pids, () => this.#askers.ask(order))
    this.#account(spent.ms, asked.answered)
    const microsOf = (names: readonly string[]) =>
      microsEach(sumOf(names.map((name) => spent.ms[name] ?? 0)), asked.answered)
    return {
      'accepted/s': asked.acceptedPerSecond,
      'refused %': asked.refusedPercent,
      'median ms': asked.medianMs,
      'p99 ms': asked.p99Ms,
      'server µs': microsOf(Object.keys(this.#serving.pids)),
      'postgres µs': microsOf([postgresName]),
      'bidders µs': microsOf([biddersName]),
      'busy cores': sumOf(Object.values(spent.ms)) / spent.elapsedMs,
      'idle cores': spent.idleMs / spent.elapsedMs,
    }
  }

  /**
   * Resolves with how many bids were accepted since the stand was opened.
   * @throws where what the bidders were told is not what is stored
   */
  async audit(): Promise<number> {
    const account = await this.#askers.account()
    compare(this.name, account, await this.#serving.stored())
    return account.accepted
  }

  /** What a bid has cost each process of the server in all turns so far, in microseconds of a processor. */
  costOfParts(): readonly (readonly [name: string, micros: number])[] {
    return Object.keys(this.#serving.pids).map((name) => [
      name,
      microsEach(this.#spentMs.get(name) ?? 0, this.#answered),
    ])
  }

  #account(spentMs: Readonly<Record<string, number>>, answered: number): void {
    for (const [name, ms] of Object.entries(spentMs)) {
      this.#spentMs.set(name, (this.#spentMs.get(name) ?? 0) + ms)
    }
    this.#answered += answered
  }

  /** A notifier tells for a while what came of a storm, and PostgreSQL clears up: others are not to pay for it. */
  async #calm(): Promise<void> {
    const pids = Object.values(this.#pids)
    const untilMs = performance.now() + calmPatienceMs
    for (let before = await processorMs(pids); performance.now() < untilMs; ) {
      await sleep(calmLookMs)
      const now = await processorMs(pids)
      if (now - before < calmCores * calmLookMs) return
      before = now
    }
  }
}

function sumOf(each: readonly number[]): number {
  return each.reduce((sum, ms) => sum + ms, 0)
}
