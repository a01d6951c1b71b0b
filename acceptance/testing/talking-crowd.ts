// People who talk in pairs, whatever happens to the fleet meanwhile. Each message is sent again under its id
// until its sender knows what became of it; what they sent, heard and saw is told to the judge of histories,
// who compares it with the database at the end.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { ChatHistory } from '../../history/chat-history.ts'
import { tellStoredChat } from '../../loadtest/audit/stored-history.ts'
import { createLogger } from '../../platform/log.ts'
import { createPool, type Pool } from '../../platform/postgres/pool.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import type { Fleet } from './fleet.ts'
import { frontOf } from './front.ts'
import { Speaker } from './speaker.ts'

/** Its gateways may come and go. */
export type FleetToTalkIn = Pick<Fleet, 'databaseUrl' | 'running'>

export interface TalkingCrowdOptions {
  /** Default: 4. */
  readonly pairs?: number
}

/** How long a fleet that is hurt on purpose may take until everybody is served again. */
const patience = { timeoutMs: 90_000 }
/** Between the answer to a message and the next one of the same person: they share the machine. */
const breathMs = 10
const violationsTold = 20

/** Lets everybody come in, and begins to talk. */
export async function gatherTalkingCrowd(
  fleet: FleetToTalkIn,
  { pairs = 4 }: TalkingCrowdOptions = {},
): Promise<TalkingCrowd> {
  const crowd = new TalkingCrowd(fleet, pairs)
  try {
    await crowd.begin()
    return crowd
  } catch (error) {
    crowd.leave()
    throw error
  }
}

export class TalkingCrowd {
  readonly people: readonly Speaker[]
  readonly #databaseUrl: string
  readonly #history = new ChatHistory({ allClients: true })
  readonly #over = new AbortController()
  #talking: Promise<unknown> = Promise.resolve()

  constructor(fleet: FleetToTalkIn, pairs: number) {
    this.#databaseUrl = fleet.databaseUrl
    const front = frontOf(() => fleet.running('gateway').map(({ url }) => url))
    const speaker = (user: string, peer: string): Speaker =>
      new Speaker({ user, peer, client: front.client({ user }), history: this.#history })
    const ofThisCrowd = randomUUID().slice(0, 8)
    this.people = Array.from({ length: pairs }, (_, at) => `${at + 1}-${ofThisCrowd}`).flatMap(
      (pair) => [
        speaker(`buyer-${pair}`, `seller-${pair}`),
        speaker(`seller-${pair}`, `buyer-${pair}`),
      ],
    )
  }

  /** How often a conversation could not be recovered, and was shown anew. */
  get startsOver(): number {
    return this.people.reduce((sum, { startsOver }) => sum + startsOver, 0)
  }

  /** To be called once. */
  async begin(): Promise<void> {
    await Promise.all(this.people.map((person) => person.arrive()))
    this.#talking = Promise.all(this.people.map((person) => this.#talk(person)))
    // Whoever cannot go on is named by whoever waits for them.
    this.#talking.catch(() => {})
  }

  /** Resolves when everybody has had so many more messages taken: all of them are served. */
  async eachHears(more: number): Promise<void> {
    const wanted = this.people.map((person) => ({ person, enough: person.taken + more }))
    await this.#wait(`${more} more messages of everybody`, () =>
      wanted.filter(({ person, enough }) => person.taken < enough).map(({ person }) => person),
    )
  }

  /**
   * Has everybody finish what they say and see all of it, and compares what they were told with what is
   * stored.
   * @throws Error that tells what does not fit together
   */
  async judge(): Promise<void> {
    this.#over.abort()
    await this.#wait('the outcome of everybody’s last message', () =>
      this.people.filter(({ isSpeaking }) => isSpeaking),
    )
    const log = createLogger({ name: 'test', level: 'silent' })
    const pool = createPool(this.#databaseUrl, { log, applicationName: 'judge', max: 1 })
    try {
      const ends = await endsOf(pool)
      await this.#wait('the end of everybody’s conversation', () =>
        this.people.filter(({ seenSeq, conversationId }) => seenSeq !== ends.get(conversationId)),
      )
      for (const person of this.people) await person.tellUnread()
      const conversationIds = new Set(this.people.map(({ conversationId }) => conversationId))
      await tellStoredChat(this.#history, pool, [...conversationIds])
    } finally {
      this.leave()
      await pool.end()
    }
    const violations = this.#history.violations()
    if (violations.length === 0) return
    const told = violations.slice(0, violationsTold).map(({ rule, says }) => `${rule}: ${says}`)
    throw new Error(`${this.#history.count} violations\n  ${told.join('\n  ')}`)
  }

  /** Closes every socket; for whoever does not come to the judging. */
  leave(): void {
    this.#over.abort()
    for (const person of this.people) person.leave()
  }

  async #talk(person: Speaker): Promise<void> {
    while (!this.#over.signal.aborted) {
      await person.say()
      await pause(breathMs)
    }
  }

  /** @throws Error that names those for whom it waits in vain */
  async #wait(what: string, missing: () => readonly Speaker[]): Promise<void> {
    const met = waitFor(() => missing().length === 0, { ...patience, what }).catch(
      (cause: unknown) => {
        const who = missing().map((person) => person.says())
        throw new Error(`${what}, but: ${who.join('; ')}`, { cause })
      },
    )
    // Who cannot go on says so at once.
    await Promise.race([met, this.#talking.then(() => met)])
  }
}

async function endsOf(pool: Pool): Promise<ReadonlyMap<string, number>> {
  const { rows } = await pool.query<{ readonly id: string; readonly lastSeq: number }>(
    'SELECT conversation_id AS id, last_seq AS "lastSeq" FROM conversations',
  )
  return new Map(rows.map(({ id, lastSeq }) => [id, lastSeq]))
}
