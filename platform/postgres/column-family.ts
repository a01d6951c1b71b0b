// Rows as parallel arrays: what a function of ours in the database is given of one table.
import { BinaryArray, type Cell, type ColumnType } from './binary-array.ts'

/** Of each column the type and what goes in, in the order of the function's parameters. */
export type Columns<Row> = readonly (readonly [ColumnType, (row: Row) => Cell])[]

/** Reused from batch to batch: what `encoded` gave is overwritten after the next `clear`. */
export class ColumnFamily<Row> {
  readonly #columns: Columns<Row>
  readonly #arrays: readonly BinaryArray[]

  constructor(columns: Columns<Row>) {
    this.#columns = columns
    this.#arrays = columns.map(([type]) => new BinaryArray(type))
  }

  clear(): void {
    for (const array of this.#arrays) array.clear()
  }

  /** @throws RangeError where a text can not be stored. */
  push(row: Row): void {
    const columns = this.#columns
    // Once per row of a batch: an iterator would cost as much as the cells.
    for (let at = 0; at < columns.length; at += 1) {
      const cellOf = columns[at]?.[1]
      if (cellOf !== undefined) this.#arrays[at]?.push(cellOf(row))
    }
  }

  /** One parameter per column. */
  encoded(): Buffer[] {
    return this.#arrays.map((array) => array.encoded())
  }
}
