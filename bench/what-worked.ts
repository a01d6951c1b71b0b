// Why bids are no faster, as far as the accounts of the processors tell it.
import { availableParallelism } from 'node:os'
import { figure } from './report.ts'
import type { Figures } from './turns.ts'

export type Worked = Figures<
  /** Microseconds of a processor for each bid, refused ones included. */
  | 'server µs'
  | 'postgres µs'
  | 'bidders µs'
  /** Of all processors together, in cores: at work for the bids, and with nothing to do at all. */
  | 'busy cores'
  | 'idle cores'
>

/** Where processors have less idle time than this share, somebody waits for them. */
const idleShare = 0.1

export function whatWorked(figures: Worked): string {
  const all = availableParallelism()
  const { 'busy cores': busy, 'idle cores': idle } = figures
  if (busy === 0) return 'not known: the accounts of the processors are those of Linux'
  const spent = `a bid takes ${figure(figures['server µs'])} µs of the server, ${figure(figures['postgres µs'])} of PostgreSQL and ${figure(figures['bidders µs'])} of the bidders; ${figure(busy)} of ${all} cores were at work for that, ${figure(idle)} idle`
  if (idle > idleShare * all) return `not known, since the processors had time left: ${spent}`
  const isOurs = busy > (1 - 2 * idleShare) * all
  return `processor time${isOurs ? '' : ', of which much went elsewhere'}: ${spent}`
}
