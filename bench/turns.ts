// Ways of doing the same thing take turns, round after round, so that whatever the machine does meanwhile
// happens to all of them.
import { figure, median } from './report.ts'

/** What one turn found: figures by name. */
export type Figures<Name extends string> = Readonly<Record<Name, number>>

export interface Turn<Name extends string> {
  /** As a person is told of it. */
  readonly name: string
  /** @throws where what was answered is not true */
  measure(): Promise<Figures<Name>>
}

export interface TurnsOptions {
  readonly rounds: number
  readonly say: (line: string) => void
}

/** What one way found, round by round. */
export type Rounds<Name extends string> = readonly Figures<Name>[]

/** The medians of each turn, in the order of `turns`. @throws what a turn throws */
export async function takeTurns<Name extends string>(
  turns: readonly Turn<Name>[],
  options: TurnsOptions,
): Promise<readonly Figures<Name>[]> {
  return (await takeRounds(turns, options)).map(mediansOf)
}

/** What each turn found in each round, in the order of `turns`. @throws what a turn throws */
export async function takeRounds<Name extends string>(
  turns: readonly Turn<Name>[],
  { rounds, say }: TurnsOptions,
): Promise<readonly Rounds<Name>[]> {
  const found = turns.map(() => [] as Figures<Name>[])
  for (let round = 1; round <= rounds; round += 1) {
    for (const [nth, turn] of turns.entries()) {
      const figures = await turn.measure()
      found[nth]?.push(figures)
      const told = Object.entries<number>(figures).map(
        ([name, value]) => `${name} ${figure(value)}`,
      )
      say(`round ${round} of ${rounds}, ${turn.name}: ${told.join(', ')}`)
    }
  }
  return found
}

/**
 * How many times as much as the other way did in the same round; the median of that, and 0 where the other did
 * nothing. A machine that is slower for a while is so for both, which two medians apart would not show.
 */
export function timesInRound<Figure>(
  rounds: readonly Figure[],
  others: readonly Figure[],
  of: (figure: Figure) => number,
): number {
  return median(
    rounds.map((figures, nth) => {
      const other = others[nth]
      const base = other === undefined ? 0 : of(other)
      return base > 0 ? of(figures) / base : 0
    }),
  )
}

export function mediansOf<Name extends string>(all: Rounds<Name>): Figures<Name> {
  const names = Object.keys(all[0] ?? {}) as Name[]
  return Object.fromEntries(
    names.map((name) => [name, median(all.map((figures) => figures[name]))]),
  ) as Figures<Name>
}
