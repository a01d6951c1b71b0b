// What becomes of a delivery after an attempt: the schedule over three days, and how answers are read.

/** What came of sending once. */
export type Receipt =
  | {
      readonly type: 'answered'
      readonly status: number
      /** What `Retry-After` asks for. */
      readonly retryAfterMs?: number
    }
  /** No answer, for a reason that an operator understands. */
  | { readonly type: 'failed'; readonly reason: string }
  /** The logs do not hold any more what it would tell. */
  | { readonly type: 'untold'; readonly reason: string }

export type Verdict =
  | { readonly type: 'delivered'; readonly status: number }
  | {
      readonly type: 'again'
      readonly dueAtMs: number
      /** The receiver wants to be left alone until then, by this and every other delivery. */
      readonly heldUntilMs?: number
      readonly status?: number
      readonly fault: string
    }
  | {
      readonly type: 'dead'
      /** The receiver wants nothing any more. */
      readonly gone: boolean
      /** There was nothing to send, which says nothing about the receiver. */
      readonly untold: boolean
      readonly status?: number
      readonly fault: string
    }

const seconds = 1_000
const minutes = 60 * seconds
const hours = 60 * minutes

/** The pauses between attempts that Standard Webhooks suggests; some three days in all. */
export const RETRY_DELAYS_MS = [
  5 * seconds,
  5 * minutes,
  30 * minutes,
  2 * hours,
  5 * hours,
  10 * hours,
  14 * hours,
  20 * hours,
  24 * hours,
] as const

/** Each pause is longer by up to so much, at random: those that failed together do not return together. */
const jitter = 0.2

/** A receiver may hold all of its deliveries for so long by one answer, and no longer. */
export const heldMsMax = 1 * hours

/**
 * What becomes of a delivery.
 * @param failures how many attempts had failed before this one
 * @param random a number from 0 up to 1
 */
export function judge(receipt: Receipt, failures: number, nowMs: number, random: number): Verdict {
  if (receipt.type === 'untold') {
    return { type: 'dead', gone: false, untold: true, fault: receipt.reason }
  }
  if (receipt.type === 'failed') return again(receipt.reason, failures, nowMs, random)
  const { status, retryAfterMs } = receipt
  if (status >= 200 && status < 300) return { type: 'delivered', status }
  const fault = faultOf(status)
  if (status === 410) return { type: 'dead', gone: true, untold: false, status, fault }
  const verdict = { ...again(fault, failures, nowMs, random), status }
  if (verdict.type === 'dead' || retryAfterMs === undefined) return verdict
  if (status !== 429 && status !== 503) return verdict
  const heldUntilMs = nowMs + Math.min(retryAfterMs, heldMsMax)
  return { ...verdict, heldUntilMs, dueAtMs: Math.max(verdict.dueAtMs, heldUntilMs) }
}

function faultOf(status: number): string {
  if (status >= 300 && status < 400) return `answered ${status}: redirects are not followed`
  return `answered ${status}`
}

function again(
  fault: string,
  failures: number,
  nowMs: number,
  random: number,
): Exclude<Verdict, { type: 'delivered' }> {
  const delayMs = RETRY_DELAYS_MS[failures]
  if (delayMs === undefined) return { type: 'dead', gone: false, untold: false, fault }
  return { type: 'again', dueAtMs: Math.round(nowMs + delayMs * (1 + jitter * random)), fault }
}
