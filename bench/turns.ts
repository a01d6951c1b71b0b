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

/** The medians of each turn, in the order of `turns`. @throws what a turn throws */
export async function takeTurns<Name extends string>(
  turns: readonly Turn<Name>[],
  { rounds, say }: TurnsOptions,
): Promise<readonly Figures<Name>[]> {
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
  return found.map(mediansOf)
}

function mediansOf<Name extends string>(all: readonly Figures<Name>[]): Figures<Name> {
  const names = Object.keys(all[0] ?? {}) as Name[]
  return Object.fromEntries(
    names.map((name) => [name, median(all.map((figures) => figures[name]))]),
  ) as Figures<Name>
}
