// The audit chain of a lot: every public event is hashed together with the hash before it, so that
// nothing can be changed, left out or put in later without changing every hash after it.
import { hash } from 'node:crypto'
import { assert } from '../../platform/assert.ts'
import type { Decided, LotEventDraft } from '../core/decision.ts'
import type { LotRules } from '../core/lot.ts'
import { type LivePart, livePart } from '../core/visibility.ts'
import type { SealedEvent } from '../ports/lot-journal.ts'
import { canonicalJson } from './canonical-json.ts'

/** What an event's hash covers. Everything in it is stored beside the hash. */
export interface ChainedEvent {
  readonly lotId: string
  readonly seq: number
  readonly round: number
  readonly type: string
  readonly at: number
  readonly live: object
  readonly detail: object
  readonly private: object
}

/** The ends of a lot's chain. */
export interface ChainEnds {
  readonly rulesHash: Uint8Array
  /** Of the newest event; the rules' before the first. */
  readonly hash: Uint8Array
}

/** Where a chain begins: SHA-256 of the rules' canonical JSON (RFC 8785). */
function hashOfRules(rules: LotRules): Uint8Array {
  return hash('sha256', canonicalJson(rules), 'buffer')
}

/** SHA-256(previous hash ‖ canonical JSON of the event). */
function hashOfEvent(previous: Uint8Array, event: ChainedEvent): Uint8Array {
  return hash('sha256', Buffer.concat([previous, Buffer.from(canonicalJson(event))]), 'buffer')
}

/**
 * Gives the events of these decisions, in order, their places in the chain. `before` is where the chain
 * stands; undefined for a lot that is being created. Until a lot is published its rules may change, and
 * the chain's beginning with them; from the first event on it stands.
 */
export function seal(
  decided: readonly Decided[],
  rules: LotRules,
  before: ChainEnds | undefined,
): ChainEnds & { readonly events: readonly SealedEvent[] } {
  let ends = before
  const events: SealedEvent[] = []
  for (const { now, rules: changed, events: drafts } of decided) {
    const isUnpublished = now.seq === drafts.length
    if (changed !== undefined && isUnpublished) ends = beginningWith(changed)
    assert(ends !== undefined, 'the first decision of a lot brings its rules')
    for (const event of drafts) {
      const live = livePart(event.now, rules)
      const hashed = hashOfEvent(ends.hash, chained(rules.lotId, event, live))
      ends = { rulesHash: ends.rulesHash, hash: hashed }
      events.push({ event, live, hash: hashed })
    }
  }
  assert(ends !== undefined, 'there is something to seal')
  return { ...ends, events }
}

function beginningWith(rules: LotRules): ChainEnds {
  const rulesHash = hashOfRules(rules)
  return { rulesHash, hash: rulesHash }
}

function chained(lotId: string, event: LotEventDraft, live: LivePart): ChainedEvent {
  return {
    lotId,
    seq: event.seq,
    round: event.now.round,
    type: event.type,
    at: event.atMs,
    live,
    detail: event.detail,
    private: event.concerned,
  }
}

/**
 * The first seq whose hash does not follow from what came before; undefined where the chain holds.
 * `events` are all of a lot's, in order of seq.
 */
export function firstBreak(
  rulesHash: Uint8Array,
  events: Iterable<ChainedEvent & { readonly hash: Uint8Array }>,
): number | undefined {
  let previous = rulesHash
  let seq = 0
  for (const { hash: stored, ...event } of events) {
    seq += 1
    if (event.seq !== seq) return seq
    const expected = hashOfEvent(previous, event)
    if (!Buffer.from(expected).equals(stored)) return seq
    previous = expected
  }
  return undefined
}
