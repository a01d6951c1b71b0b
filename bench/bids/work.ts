// What is at work while bids are placed: the processors, and the commits of an engine that has a process of its own.
import { samplesOf } from '../../loadtest/prometheus-text.ts'
import { microsEach, spentWhile } from '../processor-time.ts'
import type { Figures } from '../turns.ts'
import type { Bidding, EngineApart } from './floor.ts'

/** Microseconds of a processor are those for each bid, refused ones included. */
export type Work = Figures<
  | 'engine µs'
  | 'NATS µs'
  | 'postgres µs'
  /** Of this process: where it has the engine as well, of both. */
  | 'bidders µs'
  | 'busy cores'
  | 'idle cores'
  /** Of the engine apart: what it decided on for each commit, and how much of the time one was under way. */
  | 'bids a commit'
  | 'committing %'
>

/** @param engine Default: there is none apart */
export async function workWhile(
  postgresPid: number,
  engine: EngineApart | undefined,
  bid: () => Promise<Bidding>,
): Promise<readonly [Bidding, Work]> {
  const pids: Readonly<Record<string, number>> = { ...engine?.pids, PostgreSQL: postgresPid }
  const before = await commitsOf(engine)
  const [bidding, { ms, ownMs, idleMs, elapsedMs }] = await spentWhile(pids, bid)
  const after = await commitsOf(engine)
  const busyMs = Object.values(ms).reduce((sum, each) => sum + each, ownMs)
  const micros = (spentMs = 0): number => microsEach(spentMs, bidding.sent)
  const work: Work = {
    'engine µs': micros(ms['engine']),
    'NATS µs': micros(ms['NATS']),
    'postgres µs': micros(ms['PostgreSQL']),
    'bidders µs': micros(ownMs),
    'busy cores': busyMs / elapsedMs,
    'idle cores': idleMs / elapsedMs,
    'bids a commit': (after.decisions - before.decisions) / Math.max(1, after.count - before.count),
    'committing %': (100 * (after.ms - before.ms)) / elapsedMs,
  }
  return [bidding, work]
}

/** Since the engine began. */
interface Commits {
  readonly count: number
  readonly ms: number
  readonly decisions: number
}

async function commitsOf(engine: EngineApart | undefined): Promise<Commits> {
  if (engine === undefined) return { count: 0, ms: 0, decisions: 0 }
  const told = await (await fetch(engine.metricsUrl)).text()
  const values = new Map([...samplesOf(told)].map(({ name, value }) => [name, value]))
  const valueOf = (name: string): number => {
    const value = values.get(`outcry_engine_${name}`)
    if (value === undefined) throw new Error(`the engine does not tell its ${name}`)
    return value
  }
  return {
    count: valueOf('commit_ms_count'),
    ms: valueOf('commit_ms_sum'),
    decisions: valueOf('batch_decisions_sum'),
  }
}
