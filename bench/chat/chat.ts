// `npm run bench -- chat`: how many messages per second become durable, one transaction each and in batches, without
// sockets and from socket to socket, in one run on one throw-away PostgreSQL.
import { keeping } from '../keeping.ts'
import type { BenchOptions, Section } from '../section.ts'
import { throwawayPostgres } from '../throwaway-postgres.ts'
import { benchTalk } from './from-socket-to-socket.ts'
import { benchStore } from './without-sockets.ts'

export interface ChatOptions extends BenchOptions {
  /** Those who talk over sockets of their own. */
  readonly talkers: number
}

export function benchChat(options: BenchOptions): Promise<Section> {
  return measureChat({ ...options, talkers: 512 })
}

export function measureChat(options: ChatOptions): Promise<Section> {
  return keeping(async (keep) => {
    options.say('Starting a throw-away PostgreSQL.')
    const postgres = await throwawayPostgres(keep)
    const stored = await benchStore({ ...options, keep, postgres })
    const talk = await benchTalk({ ...options, keep, postgres, conversations: 64 })
    return {
      name: 'chat',
      title: 'Durable messages',
      says: 'How many messages per second become durable, each in a transaction of its own and in batches: without sockets, where nothing but the store is measured, and from socket to socket.',
      conditions: [...stored.conditions, ...talk.conditions],
      tables: [...stored.tables, ...talk.tables],
      goals: talk.goals,
    }
  })
}
