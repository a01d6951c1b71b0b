// What an operation costs, in microseconds of a processor, here and in PostgreSQL.
import { microsEach, spentWhile } from '../processor-time.ts'
import type { Figures } from '../turns.ts'

export type Cost = Figures<'own µs' | 'postgres µs'>

/** @param act resolves with how many operations it did */
export async function costOf(postgresPid: number, act: () => Promise<number>): Promise<Cost> {
  const [operations, { ownMs, ms }] = await spentWhile({ postgres: postgresPid }, act)
  return {
    'own µs': microsEach(ownMs, operations),
    'postgres µs': microsEach(ms.postgres, operations),
  }
}
