// People who talk in pairs, whatever happens to the fleet meanwhile. Each message is sent again under its id
// until its sender knows what became of it; what they sent, heard and saw is told to the judge of chat.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { ChatHistory } from '../../history/chat-history.ts'
import type { Violation } from '../../history/violation.ts'
import type { Pool } from '../../platform/postgres/pool.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import { frontOf, type Gateways } from './front.ts'
import { Speaker } from './speaker.ts'
import { tellStoredChat } from './stored-history.ts'

export interface TalkingCrowdOptions {
  readonly gateways: Gateways
  readonly pairs: number
  /** Between the answer to a message and the next one of the same person. Default: 10 ms. */
  readonly pauseMs?: number
}

/** However long a fault lasts in these tests, people come back within this time on the slowest machine. */
const patienceMs = 60_000
const pauseMsDefault = 10

export class TalkingCrowd {
  readonly people: readonly Speaker[]
  readonly #pauseMs: number
  readonly #history = new ChatHistory({ allClients: true })
  readonly #ending = new AbortController()
  #talking: Promise<unknown> = Promise.resolve()

  constructor({ gateways, pairs, pauseMs = pauseMsDefault }: TalkingCrowdOptions) {
    const front = frontOf(gateways)
    const crowd = randomUUID().slice(0, 8)
    this.#pauseMs = pauseMs
    this.people = Array.from({ length: pairs }, (_, pair) => [
      [`buyer-${pair}-${crowd}`, `seller-${pair}-${crowd}`] as const,
      [`seller-${pair}-${crowd}`, `buyer-${pair}-${crowd}`] as const,
    ])
      .flat()
      .map(([user, peer]) => {
        const client = front.client({ user })
        return new Speaker({ user, peer, client, history: this.#history })
      })
  }

  /** Messages that were taken so far. */
  get taken(): number {
    return this.people.reduce((sum, { taken }) => sum + taken, 0)
  }

  /** Resolves when everybody has come, and talks. */
  async start(): Promise<void> {
    await Promise.all(this.people.map((person) => person.arrive()))
    const talking = Promise.all(this.people.map((person) => this.#talk(person)))
    // Whoever cannot go on says so at the end.
    talking.catch(() => {})
    this.#talking = talking
  }

  /** Resolves when everybody has had `count` more messages taken than now. */
  async goOn(count = 3): Promise<void> {
    const wanted = this.people.map((person) => ({ person, taken: person.taken + count }))
    const behind = () => wanted.filter(({ person, taken }) => person.taken < taken)
    await Promise.race([
      this.#talking,
      waitFor(() => behind().length === 0, {
        timeoutMs: patienceMs,
        what: `${count} more messages of everybody`,
      }).catch((cause: unknown) => {
        const who = behind().map(({ person }) => person.says())
        throw new Error(`these do not go on: ${who.join('; ')}`, { cause })
      }),
    ])
  }

  /**
   * Has everybody finish what they say, and waits until all have seen all of it.
   * @returns what does not fit together in what they sent, heard, saw, and what is stored
   */
  async end(pool: Pool): Promise<readonly Violation[]> {
    this.#ending.abort()
    await this.#talking
    const ends = await this.#ends(pool)
    for (const person of this.people) {
      await waitFor(() => person.seenSeq === ends.get(person.conversationId), {
        timeoutMs: patienceMs,
        what: `${person.says()} and the end at ${ends.get(person.conversationId)}`,
      })
    }
    for (const person of this.people) await person.tellUnread()
    this.leave()
    await tellStoredChat(this.#history, pool, [...new Set(this.people.map(conversationOf))])
    return this.#history.violations()
  }

  /** Everybody goes; for `afterAll` too, where a test has failed. */
  leave(): void {
    this.#ending.abort()
    for (const person of this.people) person.leave()
  }

  async #talk(person: Speaker): Promise<void> {
    while (!this.#ending.signal.aborted) {
      await person.say()
      await pause(this.#pauseMs)
    }
  }

  async #ends(pool: Pool): Promise<ReadonlyMap<string, number>> {
    const { rows } = await pool.query<{
      readonly conversation_id: string
      readonly last_seq: number
    }>('SELECT conversation_id, last_seq FROM conversations')
    return new Map(rows.map(({ conversation_id: id, last_seq: lastSeq }) => [id, lastSeq]))
  }
}

const conversationOf = ({ conversationId }: Speaker): string => conversationId
