// Who listens where: exact subjects by one look-up, patterns (of which there are few) one by one.
import { assertPattern, isPattern, matches } from './subject-pattern.ts'

interface Pattern<T> {
  readonly text: string
  readonly tokens: readonly string[]
  entries: readonly T[]
}

const nobody: readonly never[] = []

/** Lists are replaced, never changed: a list once read stays as it was, whoever comes and goes. */
export class SubjectTable<T> {
  readonly #exact = new Map<string, readonly T[]>()
  #patterns: readonly Pattern<T>[] = []

  /** @throws AssertionError where `subject` is neither a subject nor a pattern. */
  add(subject: string, entry: T): void {
    assertPattern(subject)
    if (!isPattern(subject)) {
      // A spread would reserve room for more; there is a list for every user that is connected.
      this.#exact.set(subject, this.exact(subject).concat([entry]))
      return
    }
    const pattern = this.#patterns.find(({ text }) => text === subject)
    if (pattern !== undefined) {
      pattern.entries = [...pattern.entries, entry]
      return
    }
    const added = { text: subject, tokens: subject.split('.'), entries: [entry] }
    this.#patterns = [...this.#patterns, added]
  }

  /** Does nothing where the entry is not there (any more). */
  remove(subject: string, entry: T): void {
    if (!isPattern(subject)) {
      const left = this.exact(subject).filter((other) => other !== entry)
      if (left.length > 0) this.#exact.set(subject, left)
      else this.#exact.delete(subject)
      return
    }
    for (const pattern of this.#patterns) {
      if (pattern.text === subject) {
        pattern.entries = pattern.entries.filter((other) => other !== entry)
      }
    }
    this.#patterns = this.#patterns.filter(({ entries }) => entries.length > 0)
  }

  /** Entries of exactly this subject. */
  exact(subject: string): readonly T[] {
    return this.#exact.get(subject) ?? nobody
  }

  /** Lists of the entries whose pattern stands for this subject. */
  patterns(subject: string): readonly (readonly T[])[] {
    if (this.#patterns.length === 0) return nobody
    return this.#patterns
      .filter(({ tokens }) => matches(tokens, subject))
      .map(({ entries }) => entries)
  }
}
