// What a bench hands over: a page of figures that can be printed, written down and compared, and what came of
// the goals that it measures.

export interface Section {
  /** As on the command line: `npm run bench -- <name>`. */
  readonly name: string
  readonly title: string
  /** What is compared with what, and how it was measured; whole sentences. */
  readonly says: string
  /** Beyond those of the machine, which every section shares: how many, how large, how often. */
  readonly conditions: readonly string[]
  readonly tables: readonly Table[]
  readonly goals: readonly GoalVerdict[]
}

export interface Table {
  readonly title: string
  readonly head: readonly string[]
  /** As many cells as the head has; the first names the row, the others are figures. */
  readonly rows: readonly (readonly string[])[]
}

export interface GoalVerdict {
  /** `P4`, as in `goals.ts`. */
  readonly goal: string
  /** Which part of the goal, where it has several. */
  readonly says: string
  readonly wanted: string
  readonly measured: string
  readonly holds: boolean
  /** Why, where it is missed: what was measured of it, and no guess. */
  readonly boundBy?: string
}

export interface BenchOptions {
  /** How often each way has its turn; they take turns, and the median counts. */
  readonly rounds: number
  /** How long each turn is measured. */
  readonly seconds: number
  /** Tells a person what is going on. */
  readonly say: (line: string) => void
}

/** @throws where anything that was acknowledged or published is missing, doubled or out of order. */
export type Bench = (options: BenchOptions) => Promise<Section>
