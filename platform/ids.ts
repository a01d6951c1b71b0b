// Identifiers made by this process.
import { v5, v7 } from 'uuid'

/** Ids derived from names live in a namespace of their own, so no other system derives the same ones. */
const outcryNamespace = 'a1f5e2c8-5d0b-4b8e-9c53-0f7d6f0a4c11'

/** A new id (UUID version 7): ids sort by the time they were made, so index pages fill in order. */
export function uuidv7(): string {
  return v7()
}

/** The same id for the same name, for ever and everywhere (UUID version 5): for idempotent creation. */
export function uuidv5(name: string): string {
  return v5(name, outcryNamespace)
}
