// The limits that a bid passes, as the gateway asks for them, and what came of a storm that passed them.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Limits, LimitVerdict } from '../../platform/limits/limits.ts'
import { windowsPerBurst } from '../../platform/limits/memory-limits.ts'
import { type LimitSetting, parseLimit } from '../../platform/limits/parse-limit.ts'
import type { Command } from './storm.ts'

export type BidLimit = 'bidsPerUser' | 'bidsPerUserAllLots'
export type BidLimits = Readonly<Record<BidLimit, LimitSetting>>

export const NOT_LIMITED: BidLimits = { bidsPerUser: 'off', bidsPerUserAllLots: 'off' }

const example = fileURLToPath(new URL('../../.env.example', import.meta.url))

/** Those that an operator has who changes nothing. */
export async function usualLimits(): Promise<BidLimits> {
  const text = await readFile(example, 'utf8')
  const read = (variable: string): LimitSetting => {
    const [, spelt] = new RegExp(`^${variable}=(\\S+)$`, 'm').exec(text) ?? []
    if (spelt === undefined) throw new Error(`.env.example does not name ${variable}`)
    return parseLimit(spelt)
  }
  return {
    bidsPerUser: read('LIMIT_BIDS_PER_USER'),
    bidsPerUserAllLots: read('LIMIT_BIDS_PER_USER_ALL_LOTS'),
  }
}

/** Lets bids through, and counts. */
export class Gate {
  readonly #limits: Limits<BidLimit>
  passed = 0
  refusedPeople = 0
  refusedPrograms = 0
  /** Commands for which somebody else had to be asked. */
  asked = 0
  /** What passed of each program. */
  readonly passedOfProgram = new Map<string, number>()
  /** Answers that are still waited for. */
  readonly #waiting = new Set<Promise<void>>()

  constructor(limits: Limits<BidLimit>) {
    this.#limits = limits
  }

  get commands(): number {
    return this.passed + this.refusedPeople + this.refusedPrograms
  }

  take(command: Command): void {
    const verdict = this.#held(command)
    if (!(verdict instanceof Promise)) return this.#count(command, verdict)
    this.asked += 1
    const waiting = verdict.then((answer) => this.#count(command, answer))
    this.#waiting.add(waiting)
    void waiting.finally(() => this.#waiting.delete(waiting)).catch(() => {})
  }

  /** Resolves when every command has its verdict. @throws where one could not be had */
  async settle(): Promise<void> {
    await Promise.all(this.#waiting)
  }

  /** First that on the lot, then that on all of them: as a gateway does it. */
  #held({ userId, lotId }: Command): LimitVerdict | Promise<LimitVerdict> {
    const onLot = this.#limits.take('bidsPerUser', userId, lotId)
    if (onLot instanceof Promise) return this.#heldAfter(onLot, userId)
    return onLot.allowed ? this.#limits.take('bidsPerUserAllLots', userId) : onLot
  }

  async #heldAfter(asked: Promise<LimitVerdict>, userId: string): Promise<LimitVerdict> {
    const onLot = await asked
    return onLot.allowed ? await this.#limits.take('bidsPerUserAllLots', userId) : onLot
  }

  #count({ byProgram, userId }: Command, { allowed }: LimitVerdict): void {
    if (!allowed) {
      if (byProgram) this.refusedPrograms += 1
      else this.refusedPeople += 1
      return
    }
    this.passed += 1
    if (!byProgram) return
    this.passedOfProgram.set(userId, (this.passedOfProgram.get(userId) ?? 0) + 1)
  }
}

/** The most that a limit lets through in so long a time, wherever its windows begin. */
export function mostOf(limit: LimitSetting, ms: number): number {
  if (limit === 'off') return Number.POSITIVE_INFINITY
  const { points, windowMs, burst = 0 } = limit
  const windows = (lastsMs: number) => Math.ceil(ms / lastsMs) + 1
  return points * windows(windowMs) + burst * windows(windowMs * windowsPerBurst)
}
