// Askers in a process of their own, as the bench sees them.
import { fileURLToPath } from 'node:url'
import type { Keep } from '../keeping.ts'
import type { Account } from '../ledger.ts'
import { Child } from '../peers/child.ts'
import type { Asked, AskOrder, FromAskers, JoinOrder, ToAskers } from './words.ts'

export interface OpenAskers {
  /** Of their process. */
  readonly pid: number
  /**
   * Resolves when every question is answered.
   * @throws Error where one is not, or is refused for another reason than that others ask as well
   */
  ask(order: AskOrder): Promise<Asked>
  /** Of all runs. */
  account(): Promise<Account>
}

const entry = fileURLToPath(new URL('askers-process.ts', import.meta.url))

/**
 * Resolves when all are connected.
 * @param name as a failure calls them
 */
export async function openAskers(keep: Keep, name: string, order: JoinOrder): Promise<OpenAskers> {
  const child = new Child<ToAskers, FromAskers>(name, entry, [])
  await keep(child, (askers) => askers.end())
  const { pid } = await child.ask({ type: 'join', order }, 'joined')
  return {
    pid,
    ask: async (run) => (await child.ask({ type: 'ask', order: run }, 'asked')).asked,
    account: async () => (await child.ask({ type: 'account' }, 'accounted')).account,
  }
}
