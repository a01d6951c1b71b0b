// The audit chain of a lot: every public event is hashed together with the hash before it, so that
// nothing can be changed, left out or put in later without changing every hash after it.
import { hash } from 'node:crypto'
import { assert } from '../../platform/assert.ts'
import type { Decided, LotEventDraft } from '../core/decision.ts'
import type { LotRules } from '../core/lot.ts'
import { livePart } from '../core/visibility.ts'
import type { SealedEvent } from '../ports/lot-journal.ts'
import { canonicalJson } from './canonical-json.ts'
import { concernedText, detailText, liveText } from './event-texts.ts'

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
  /** SHA-256 of the canonical JSON (RFC 8785) of the rules: the chain's beginning. */
  readonly rulesHash: Uint8Array
  /** Of the newest event; the rules' before the first. */
  readonly hash: Uint8Array
}

/**
 * Gives the events of a decision their places in the chain, and returns where it ends then. `before` is
 * where it stands; undefined for a lot that is being created. Until a lot is published its rules may
 * change, and the chain's beginning with them; from the first event on it stands.
 */
export function seal(
  decided: Decided,
  rules: LotRules,
  before: ChainEnds | undefined,
  sealed: SealedEvent[],
): ChainEnds {
  const isUnpublished = decided.now.seq === decided.events.length
  let ends = before
  if (decided.rules !== undefined && isUnpublished) ends = beginningWith(decided.rules)
  assert(ends !== undefined, 'the first decision of a lot brings its rules')
  for (const event of decided.events) {
    const one = sealEvent(event, rules, ends.hash)
    sealed.push(one)
    ends = { rulesHash: ends.rulesHash, hash: one.hash }
  }
  return ends
}

function beginningWith(rules: LotRules): ChainEnds {
  const rulesHash = hash('sha256', canonicalJson(rules), 'buffer')
  return { rulesHash, hash: rulesHash }
}

/** The texts that are hashed are the ones that are stored, so they are made once. */
function sealEvent(event: LotEventDraft, rules: LotRules, previous: Uint8Array): SealedEvent {
  const live = liveText(livePart(event.now, rules))
  const detail = detailText(event.detail)
  const concerned = concernedText(event.concerned)
  // The members of `ChainedEvent` in canonical order.
  const text =
    `{"at":${event.atMs},"detail":${detail},"live":${live},"lotId":"${rules.lotId}",` +
    `"private":${concerned},"round":${event.now.round},"seq":${event.seq},"type":"${event.type}"}`
  return { event, live, detail, private: concerned, hash: hashAfter(previous, text) }
}

/** Where a text is put behind the hash before it; grows to the longest event there was. */
let scratch = Buffer.alloc(4_096)

/** SHA-256(previous hash ‖ text). */
function hashAfter(previous: Uint8Array, text: string): Uint8Array {
  const bytesMax = previous.length + text.length * 3
  if (bytesMax > scratch.length) scratch = Buffer.alloc(2 * bytesMax)
  scratch.set(previous)
  const length = previous.length + scratch.write(text, previous.length)
  return bytesOf(hash('sha256', scratch.subarray(0, length), 'binary'))
}

/**
 * A hash from a text with a character for each byte. Asked for bytes, `hash` makes a buffer outside of the heap
 * for each event, which the garbage collector has to watch: this way takes two thirds of the time.
 */
function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = text.charCodeAt(at)
  return bytes
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
    const expected = hashAfter(previous, canonicalJson(event))
    if (!Buffer.from(expected).equals(stored)) return seq
    previous = expected
  }
  return undefined
}
