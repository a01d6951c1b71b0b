// What this bench says to the servers that one would write instead of Outcry, each in a process of its own.
import type { Failed } from '../peers/obey.ts'

/** How a server makes bids durable. */
export type PlainWriting = 'together' | 'oneByOne'

export interface ServeOrder {
  readonly writing: PlainWriting
  readonly databaseUrl: string
  /** At one time; so many connections to the database may be made. */
  readonly bidders: number
}

export interface ToPlainServer {
  readonly type: 'serve'
  readonly order: ServeOrder
}

export type FromPlainServer =
  | {
      readonly type: 'serving'
      readonly port: number
      readonly pid: number
      readonly lotId: string
    }
  | Failed
