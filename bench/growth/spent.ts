// What an operation costs, in microseconds of a processor, here and in PostgreSQL.
import { processorMs } from '../end-to-end/processor-time.ts'
import type { Figures } from '../turns.ts'

export type Cost = Figures<'own µs' | 'postgres µs'>

/** @param act resolves with how many operations it did */
export async function costOf(postgresPid: number, act: () => Promise<number>): Promise<Cost> {
  const [own, postgresMs] = [process.cpuUsage(), await processorMs([postgresPid])]
  const operations = Math.max(1, await act())
  const { user, system } = process.cpuUsage(own)
  return {
    'own µs': (user + system) / operations,
    'postgres µs': (((await processorMs([postgresPid])) - postgresMs) * 1_000) / operations,
  }
}
