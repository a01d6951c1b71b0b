// A server that is compared, and the crowd that bids there from a process of its own.
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { compare } from '../bids/ledger.ts'
import { Child } from '../peers/child.ts'
import { idleMs, processorMs } from './processor-time.ts'
import { type Ground, type Serving, tokenSecret } from './servers.ts'
import type { BiddingOrder, FromCrowd, ToCrowd } from './words.ts'

export type StandFigures = Readonly<
  Record<
    | 'accepted/s'
    | 'refused %'
    | 'median ms'
    | 'p99 ms'
    /** Microseconds of a processor for each bid, refused ones included. */
    | 'server µs'
    | 'postgres µs'
    | 'bidders µs'
    /** Of all processors together, in cores: at work for the bids, and with nothing to do at all. */
    | 'busy cores'
    | 'idle cores',
    number
  >
>

const crowdEntry = fileURLToPath(new URL('crowd-process.ts', import.meta.url))
/** Work that is left from the turn before is waited for, until there is less than that of a core. */
const calmCores = 0.1
const calmLookMs = 100
const calmPatienceMs = 5_000

const postgresName = 'PostgreSQL'
const biddersName = 'bidders'

/** Of each process, by its name, in ms of a processor. */
type Spent = ReadonlyMap<string, number>
type CrowdProcess = Child<ToCrowd, FromCrowd>

export class Stand {
  readonly name: string
  readonly says: string
  readonly #serving: Serving
  readonly #postgresPid: number
  readonly #crowd: CrowdProcess
  readonly #crowdPid: number
  /** What each process of the server has spent in all turns so far, in ms, and on how many bids. */
  readonly #spentMs = new Map<string, number>()
  #answered = 0

  private constructor(
    about: Pick<Stand, 'name' | 'says'>,
    serving: Serving,
    postgresPid: number,
    crowd: { readonly process: CrowdProcess; readonly pid: number },
  ) {
    this.name = about.name
    this.says = about.says
    this.#serving = serving
    this.#postgresPid = postgresPid
    this.#crowd = crowd.process
    this.#crowdPid = crowd.pid
  }

  /** Resolves when all bidders are connected. */
  static async open(
    about: Pick<Stand, 'name' | 'says'> & { readonly bidders: number },
    serving: Serving,
    { keep, postgres }: Ground,
  ): Promise<Stand> {
    const process: CrowdProcess = new Child(`the bidders of ${about.name}`, crowdEntry, [])
    await keep(Promise.resolve(process), (crowd) => crowd.end())
    const { url, lotId } = serving
    const order = { url, secret: tokenSecret, bidders: about.bidders, lotId }
    const { pid } = await process.ask({ type: 'join', order }, 'joined')
    return new Stand(about, serving, postgres.pid, { process, pid })
  }

  /** @throws where a bid is neither accepted nor refused as too low or as one too many */
  async bid(order: BiddingOrder): Promise<StandFigures> {
    await this.#calm()
    const before = await this.#spent()
    const idleBeforeMs = await idleMs()
    const startedMs = performance.now()
    const { result } = await this.#crowd.ask({ type: 'bid', order }, 'hasBid')
    const elapsedMs = performance.now() - startedMs
    const idle = (await idleMs()) - idleBeforeMs
    const after = await this.#spent()
    const spent = new Map([...after].map(([name, ms]) => [name, ms - (before.get(name) ?? 0)]))
    const { answered } = result
    this.#account(spent, answered)
    const names = Object.keys(this.#serving.pids)
    return {
      'accepted/s': (result.accepted * 1_000) / order.measureMs,
      'refused %': (100 * result.refused) / Math.max(result.accepted + result.refused, 1),
      'median ms': result.medianMs,
      'p99 ms': result.p99Ms,
      'server µs': microsEach(sumOf(spent, names), answered),
      'postgres µs': microsEach(sumOf(spent, [postgresName]), answered),
      'bidders µs': microsEach(sumOf(spent, [biddersName]), answered),
      'busy cores': sumOf(spent, [...spent.keys()]) / elapsedMs,
      'idle cores': idle / elapsedMs,
    }
  }

  /**
   * Resolves with how many bids were accepted since the stand was opened.
   * @throws where what the bidders were told is not what is stored
   */
  async audit(): Promise<number> {
    const { account } = await this.#crowd.ask({ type: 'account' }, 'accounted')
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

  #account(spent: Spent, answered: number): void {
    for (const [name, ms] of spent) this.#spentMs.set(name, (this.#spentMs.get(name) ?? 0) + ms)
    this.#answered += answered
  }

  async #spent(): Promise<Spent> {
    const { pids } = this.#serving
    const all = { ...pids, [postgresName]: this.#postgresPid, [biddersName]: this.#crowdPid }
    return new Map(
      await Promise.all(
        Object.entries(all).map(async ([name, pid]) => [name, await processorMs([pid])] as const),
      ),
    )
  }

  /** A notifier tells for a while what came of a storm, and PostgreSQL clears up: others are not to pay for it. */
  async #calm(): Promise<void> {
    const untilMs = performance.now() + calmPatienceMs
    for (let before = await this.#total(); performance.now() < untilMs; ) {
      await sleep(calmLookMs)
      const now = await this.#total()
      if (now - before < calmCores * calmLookMs) return
      before = now
    }
  }

  async #total(): Promise<number> {
    const spent = await this.#spent()
    return sumOf(spent, [...spent.keys()])
  }
}

function sumOf(spent: Spent, names: readonly string[]): number {
  return names.reduce((sum, name) => sum + (spent.get(name) ?? 0), 0)
}

function microsEach(ms: number, bids: number): number {
  return (ms * 1_000) / Math.max(bids, 1)
}
