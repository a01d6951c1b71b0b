// What a scenario is: what there must be before anybody comes, and what the devices of each process then do.
import type { Violation } from '../../history/violation.ts'
import type { Role } from '../../protocol/identity.ts'
import type { LoadClient } from '../client/load-client.ts'
import type { LoadObserver } from '../client/load-observer.ts'
import type { HttpClient } from '../http-client.ts'
import type { Tokens } from '../tokens.ts'
import type { Recorder } from './measures.ts'
import type { Plan, PlanOptions, Share } from './plan.ts'

/** What is there when devices come; it travels to the processes that hold them. */
export interface Stage {
  /** Tells the people of this run from those of another. */
  readonly runId: string
  readonly lots: readonly string[]
  /** Of the pairs that talk, in their order. */
  readonly conversations: readonly StagedConversation[]
  /** Epoch ms. */
  readonly madeAtMs: number
}

export interface StagedConversation {
  readonly conversationId: string
  /** Who has opened it. */
  readonly member: string
}

/** Whose device it is. */
export function userOf({ runId }: Pick<Stage, 'runId'>, nth: number): string {
  return `${runId}-${nth}`
}

/** Who makes the stage: the marketplace itself, whose own commands are not judged. */
export const houseUser = 'house'
export interface House {
  /** In the name of a user with the roles `seller` and `service`. */
  readonly http: HttpClient
  readonly tokens: Tokens
}

/** Who a device belongs to, and what it follows. */
export interface Cast {
  /** Undefined: a watcher without a name. */
  readonly user: string | undefined
  readonly roles?: readonly Role[]
  readonly channels: readonly string[]
}

/** What one process has to work with. */
export interface Crew {
  readonly plan: Plan
  readonly stage: Stage
  readonly share: Share
  readonly recorder: Recorder
  /** Seeded for this process. */
  readonly random: () => number
  /** When the run is broken off. */
  readonly signal: AbortSignal
  /** How long after the end of the measured time answers are waited for, and commands sent again. */
  readonly patienceMs: number
  /** The devices of the share, `devices[n]` with the number `share.from + n`; all connected once it performs. */
  readonly devices: readonly LoadClient[]
}

/** What the devices of one process do. The crew counts connections and deliveries by itself. */
export interface Act {
  cast(nth: number): Cast
  /** Whether a device reads slowly on purpose; what it hears is measured apart. */
  isSlow?(nth: number): boolean
  /** Told of everything that devices hear. */
  readonly observer?: Partial<LoadObserver>
  /** Begins when all devices of all processes are there; resolves when all that was asked is answered. */
  perform(): Promise<void>
  /** What this process saw, for the auditor: plain data, some thousands of entries at a time. */
  testify(): Iterable<readonly Testimony[]>
}

/** How far each stream has come when nothing is asked any more, by channel. */
export type Ends = Readonly<Record<string, number>>

/** What the auditor found. */
export interface Audit {
  /** How much of what was judged. */
  readonly judged: Readonly<Record<string, number>>
  /** What it was held against. */
  readonly by: string
  readonly violations: readonly Violation[]
  /** Of violations, those included that were not kept. */
  readonly count: number
}

export interface AuditOptions {
  readonly plan: Plan
  readonly house: House
  readonly stage: Stage
  readonly ends: Ends
  readonly testimony: readonly Testimony[]
}

/** A sentence of a witness; the auditor of the scenario knows what it means. */
export type Testimony = Readonly<Record<string, unknown>>

export interface Scenario {
  /** In one sentence, for the help. */
  readonly says: string
  /** Where the plan says nothing. */
  readonly defaults: Partial<PlanOptions>
  prepare(house: House, plan: Plan): Promise<Stage>
  act(crew: Crew): Act
  /** Whether the user of device `nth` is notified of anything; its feed is judged then. */
  isNotified(nth: number): boolean
  /** Called when all is answered: how far everybody who watches must come. */
  ends(house: House, stage: Stage): Promise<Ends>
  /** @throws where what is to be compared can not be read */
  audit(options: AuditOptions): Promise<Audit>
}
