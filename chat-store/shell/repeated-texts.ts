// Who has said the same text in how many conversations lately. Memory of one store: another store, or a
// restart, knows nothing of it, which only makes a sender of many texts look a little more honest.
import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../../platform/clock.ts'
import { repeatedTextConversationsMax, repeatedTextsMax, repeatedTextWindowMs } from '../limits.ts'

export class RepeatedTexts {
  readonly #clock: Clock
  /** By sender and text: when it was last said in each conversation. */
  readonly #said = new LRUCache<string, Map<string, number>>({ max: repeatedTextsMax })

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Notes that the sender says this here, and tells in how many conversations it has said it within the
   * window, this one included. To say it again in the same one counts once, and so does deciding it anew.
   */
  conversationsWith(senderId: string, text: string, conversationId: string): number {
    const nowMs = this.#clock.nowMs()
    // Hashed: what is remembered is small, and nothing that was said lies about in memory.
    const key = `${senderId} ${hash('sha256', text, 'base64url')}`
    const said = this.#said.get(key) ?? new Map<string, number>()
    this.#said.set(key, said)
    for (const [elsewhere, atMs] of said) {
      if (atMs + repeatedTextWindowMs > nowMs) break
      said.delete(elsewhere)
    }
    // Put at the end again, so that the oldest come first.
    said.delete(conversationId)
    if (said.size < repeatedTextConversationsMax) said.set(conversationId, nowMs)
    return said.size
  }
}
