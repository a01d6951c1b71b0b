// The promises of docs/ARCHITECTURE.md that the core alone can keep, over random histories.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChatOutcome, MessageView } from '../../protocol/chat.ts'
import { answerKey } from './conversation.ts'
import { fingerprintOf, isRepeatable } from './fingerprint.ts'
import { type Batch, type History, history, live, type Passage } from './testing/histories.ts'
import { type Kept, unread } from './testing/kept.ts'

/** Checks every history as a whole. */
const inEveryHistory = (check: (batches: Batch[], lived: History) => void): void => {
  fc.assert(
    fc.property(history, (lived) => check(live(lived), lived)),
    { numRuns: 100 },
  )
}

const isAccepted = (outcome: ChatOutcome | undefined) => outcome?.outcome === 'accepted'
const lastOf = (batches: readonly Batch[]): Kept => {
  const kept = batches.at(-1)?.kept
  if (kept === undefined) throw new Error('every history has a batch')
  return kept
}
const messagesOf = (kept: Kept): MessageView[] =>
  [...kept.messages.values()].map(({ view }) => view)
const toldOf = (batches: readonly Batch[]) => batches.flatMap(({ told }) => told)
const passagesOf = (batches: readonly Batch[]) => batches.flatMap(({ passages }) => passages)

describe('over random histories', () => {
  test('I19: seqs have no gap and no double, and each message has that of its event', () => {
    inEveryHistory((batches) => {
      const told = toldOf(batches)
      expect(told.map(({ seq }) => seq)).toEqual(told.map((_, at) => at + 1))
      const kept = lastOf(batches)
      expect(kept.conversation?.lastSeq).toBe(told.length)
      const created = told.filter(({ publication }) => publication.type === 'message_created')
      const places = messagesOf(kept).filter(({ seq }) => seq > 0)
      expect(
        new Map(created.map(({ seq, publication }) => [publication.message?.messageId, seq])),
      ).toEqual(new Map(places.map(({ messageId, seq }) => [messageId, seq])))
      for (const { view, state } of kept.messages.values()) {
        expect(view.seq === 0).toBe(
          state === 'held' || (state === 'deleted' && !wasPlaced(view, told)),
        )
      }
    })
  })

  test('I20: unread is what a reader counts who sees nothing but the stream', () => {
    inEveryHistory((batches, { kind }) => {
      // Rooms count nothing for anybody.
      if (kind === 'room') return
      const reader = new Reader()
      for (const { passages, told, kept } of batches) {
        for (const passage of passages) reader.hear(passage)
        for (const { publication } of told) reader.see(publication.type, publication.message)
        for (const userId of kept.members.keys()) {
          expect(unread(kept, userId)).toBe(reader.unread(userId))
        }
      }
    })
  })

  test('I20: marks never go back, nor beyond the end, and what is read is delivered', () => {
    inEveryHistory((batches) => {
      let before = new Map<string, readonly [number, number]>()
      for (const { kept } of batches) {
        const after = new Map<string, readonly [number, number]>()
        for (const { userId, deliveredSeq, readSeq } of kept.members.values()) {
          const [delivered, read] = before.get(userId) ?? [0, 0]
          expect(deliveredSeq).toBeGreaterThanOrEqual(delivered)
          expect(readSeq).toBeGreaterThanOrEqual(read)
          expect(readSeq).toBeLessThanOrEqual(deliveredSeq)
          expect(deliveredSeq).toBeLessThanOrEqual(kept.conversation?.lastSeq ?? 0)
          after.set(userId, [deliveredSeq, readSeq])
        }
        before = after
      }
    })
  })

  test('I21: what was deleted or edited away is in nothing that is told or remembered afterwards', () => {
    inEveryHistory((batches) => {
      for (const { told, kept } of batches) {
        // A quote is a snapshot of its own and stays.
        const afterwards = JSON.stringify([
          told.map(({ publication }) => ({
            ...publication,
            message: unquoted(publication.message),
          })),
          messagesOf(kept).map(unquoted),
        ])
        expect(JSON.stringify([...kept.answers.values()])).not.toContain('canary')
        for (const { view } of kept.changes.flatMap(({ versions }) => versions)) {
          // A counter-offer says nothing but its terms.
          if (view.kind === 'offer' && view.text === '') continue
          expect(view.text).toMatch(/^canary /)
          expect(afterwards).not.toContain(view.text)
        }
      }
    })
  })

  test('I22: at most one offer is open, and each ends once', () => {
    inEveryHistory((batches) => {
      const ends = new Map<string, string>()
      for (const { told, kept } of batches) {
        const open = messagesOf(kept).filter(({ offer }) => offer?.state === 'open')
        expect(open.length).toBeLessThanOrEqual(1)
        expect(kept.conversation?.openOfferId).toBe(open[0]?.messageId)
        for (const { publication } of told) {
          if (publication.type !== 'offer_changed') continue
          const { messageId = '', offer, deleted } = publication.message ?? {}
          if (deleted === true) continue
          expect(ends.has(messageId)).toBe(false)
          ends.set(messageId, offer?.state ?? 'none')
        }
      }
      for (const { command, outcome } of passagesOf(batches)) {
        if (command.type !== 'accept_offer' || outcome?.outcome !== 'accepted') continue
        if (ends.has(command.offerId)) expect(ends.get(command.offerId)).toBe('accepted')
      }
    })
  })

  test('I22: no order is made twice, whoever accepts how often', () => {
    inEveryHistory((batches) => {
      const first = passagesOf(batches).flatMap(({ command, outcome }) =>
        command.type === 'accept_offer' && isAccepted(outcome) && !isReplay(outcome)
          ? [command.offerId]
          : [],
      )
      expect(new Set(first).size).toBe(first.length)
    })
  })

  test('I23: whoever is outside hears the same as of a conversation that does not exist', () => {
    inEveryHistory((batches, { kind }) => {
      if (kind === 'room') return
      for (const { command, outcome } of passagesOf(batches)) {
        if (!('actor' in command) || command.actor.userId !== 'eve') continue
        expect(outcome).toMatchObject({ outcome: 'refused', code: 'not_member' })
      }
    })
  })

  test('I24: while one has blocked the other, nothing new of either is accepted or told', () => {
    inEveryHistory((batches, { kind }) => {
      if (kind === 'room') return
      for (const { passages, told } of batches) {
        const apart = passages.filter(({ isBlocked }) => isBlocked)
        for (const { command, outcome } of apart) {
          if (speaks(command.type) && !isReplay(outcome)) expect(isAccepted(outcome)).toBe(false)
        }
        if (apart.length < passages.length) continue
        for (const { publication } of told) {
          // Words may be taken back, and an offer ends with its time.
          expect(['message_deleted', 'offer_changed']).toContain(publication.type)
          expect(publication.message?.offer?.state ?? 'expired').toBe('expired')
        }
      }
    })
  })
})

describe('over random histories, of the commands themselves', () => {
  test('one id, one outcome: a repeat hears the first answer and changes nothing', () => {
    inEveryHistory((batches) => {
      const first = new Map<string, { print: string; outcome: ChatOutcome }>()
      for (const { command, outcome } of passagesOf(batches)) {
        if (command.type === 'wake' || command.type === 'erase_message') continue
        if (!isRepeatable(command) || outcome === undefined) continue
        const key = answerKey(command.clientMessageId, command.actor.userId)
        const earlier = first.get(key)
        const print = fingerprintOf(command)
        if (earlier === undefined) {
          expect(isReplay(outcome)).toBe(false)
          if (isAccepted(outcome)) first.set(key, { print, outcome })
        } else if (earlier.print === print) {
          expect(withoutMessage(outcome)).toEqual({
            ...withoutMessage(earlier.outcome),
            replayed: true,
          })
        } else {
          expect(outcome).toMatchObject({ code: 'idempotency_mismatch' })
        }
      }
    })
  })

  test('decided at once or one by one, the rows are the same', () => {
    inEveryHistory((batches, lived) => {
      const expected = rowsOf(batches)
      expect(rowsOf(live(lived, true))).toEqual(expected)
      expect(rowsOf(live(lived, false))).toEqual(expected)
    })
  })

  test('a refusal leaves no trace', () => {
    inEveryHistory((_, lived) => {
      let changesBefore = 0
      for (const { passages, told, kept } of live(lived, false)) {
        const changes = kept.changes.length - changesBefore
        changesBefore = kept.changes.length
        const isRefused = passages.length === 1 && passages[0]?.outcome?.outcome === 'refused'
        // Time may have ended an offer first.
        if (!isRefused || told.some(({ publication }) => publication.type === 'offer_changed'))
          continue
        expect([changes, told]).toEqual([0, []])
      }
    })
  })

  test('at most one receipt a second is told of each member', () => {
    inEveryHistory((batches) => {
      const last = new Map<string, number>()
      for (const { publication, actorId } of toldOf(batches)) {
        if (publication.type !== 'receipt') continue
        expect(publication.at - (last.get(actorId) ?? 0)).toBeGreaterThanOrEqual(1_000)
        last.set(actorId, publication.at)
      }
    })
  })
})

/** A client that knows only what it is told, and what it marked itself. */
class Reader {
  readonly #senders = new Map<number, string>()
  readonly #readSeqs = new Map<string, number>()

  hear({ command, outcome }: Passage): void {
    if (command.type !== 'mark' || outcome?.outcome !== 'accepted') return
    this.#readSeqs.set(command.actor.userId, outcome.readSeq ?? 0)
  }

  see(type: string, message: MessageView | undefined): void {
    if (message === undefined) return
    if (message.deleted === true) this.#senders.delete(message.seq)
    else if (type === 'message_created') this.#senders.set(message.seq, message.senderId)
  }

  unread(userId: string): number {
    const readSeq = this.#readSeqs.get(userId) ?? 0
    return [...this.#senders].filter(([seq, sender]) => sender !== userId && seq > readSeq).length
  }
}

function wasPlaced({ messageId }: MessageView, told: ReturnType<typeof toldOf>): boolean {
  return told.some(({ publication }) => publication.message?.messageId === messageId)
}

function isReplay(outcome: ChatOutcome | undefined): boolean {
  return outcome?.outcome === 'accepted' && outcome.replayed === true
}

function speaks(type: string): boolean {
  return !['delete_message', 'mark', 'decide_case', 'update_membership', 'wake'].includes(type)
}

function unquoted(message: MessageView | undefined): MessageView | undefined {
  if (message === undefined) return undefined
  const { replyTo: _quote, ...rest } = message
  return rest
}

function withoutMessage(outcome: ChatOutcome): object {
  const { message: _now, ...rest } =
    outcome.outcome === 'accepted' ? outcome : { ...outcome, message: 0 }
  return rest
}

/** Everything that is stored, except how often it was written. */
function rowsOf(batches: readonly Batch[]) {
  const kept = lastOf(batches)
  const of = <Row>(rowsIn: (change: Kept['changes'][number]) => readonly Row[]): readonly Row[] =>
    kept.changes.flatMap(rowsIn)
  return {
    conversation: { ...kept.conversation, version: 0 },
    members: kept.members,
    messages: kept.messages,
    reactions: kept.reactions,
    cases: kept.cases,
    answers: kept.answers,
    events: of(({ events }) => events),
    versions: of(({ versions }) => versions),
    hides: of(({ hides }) => hides),
    decided: of(({ casesDecided }) => casesDecided),
    log: of(({ log }) => log),
    outcomes: passagesOf(batches).map(({ outcome }) => outcome && withoutMessage(outcome)),
  }
}
