// All pairs of a process, who talk at a pace that is not theirs to choose.
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChatPublication, ChatSnapshot, TypingPublication } from '../../protocol/chat.ts'
import type { Publication, SubscribeResult } from '../../protocol/frames.ts'
import type { Device } from '../client/load-observer.ts'
import { atPace } from '../run/pace.ts'
import type { Crew } from '../run/scenario.ts'
import type { Talker } from './talker.ts'

const lookEveryMs = 20

export class Company {
  readonly #talkers: Talker[] = []
  /** By the number of their device. */
  readonly #others = new Map<number, { readonly self: Talker; readonly other: Talker }>()

  /** Two who talk with each other. */
  meet(one: Talker, other: Talker): void {
    this.#talkers.push(one, other)
    this.#others.set(one.nth, { self: one, other })
    this.#others.set(other.nth, { self: other, other: one })
  }

  subscribed({ nth }: Device, { data, publications = [] }: SubscribeResult): void {
    const pair = this.#others.get(nth)
    if (pair === undefined) return
    for (const { data: said } of publications) {
      pair.self.hears(said as ChatPublication, pair.other)
    }
    if (data !== undefined) pair.self.startsOver(data as ChatSnapshot, pair.other)
  }

  published({ nth }: Device, { data }: Publication): void {
    const pair = this.#others.get(nth)
    pair?.self.hears(data as ChatPublication | TypingPublication, pair.other)
  }

  /** Resolves when all is said, heard and marked, and every mark told, or patience is at its end. */
  async talk(crew: Crew, perSecond: number): Promise<void> {
    const { plan, random, signal, recorder, patienceMs } = crew
    const durationMs = plan.duration * 1_000
    const talkers = this.#talkers
    if (talkers.length === 0) return await sleep(durationMs, undefined, { signal })
    const act = (dueMs: number) => talkers[Math.floor(random() * talkers.length)]?.say(dueMs)
    await atPace({ perSecond, durationMs, random, signal, act })
    const givesUpAtMs = performance.now() + patienceMs
    while (talkers.some(({ isQuiet }) => !isQuiet) && performance.now() < givesUpAtMs) {
      await sleep(lookEveryMs, undefined, { signal })
    }
    const loud = talkers.filter(({ isQuiet }) => !isQuiet).length
    if (loud > 0) recorder.error('talkers to whom something was not told')
  }
}
