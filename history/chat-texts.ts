// Answers and events of chat as texts to be compared.
import { digestOf } from './digest.ts'

/** @param seq undefined while the message is held for review */
export function digestOfPlace(messageId: string, seq: number | undefined): number {
  return digestOf(`${messageId} ${seq ?? 'held'}`)
}

export function digestOfEvent(type: string, messageId: string | undefined): number {
  return digestOf(`${type} ${messageId ?? ''}`)
}
