// The words between the two ends of a request on NATS. Requests of one turn to one subject travel as one
// list; they are numbered one after the other, and the number of the first and their count are in the
// subject of the reply: so even a server's "nobody there", which has no contents, says who is meant.
// Replies travel as lists too, each with the number it answers.

export const verdicts = { served: 0, failed: 1, nobody: 2 } as const
export type Verdict = (typeof verdicts)[keyof typeof verdicts]

/** `failed`: the message of the error; `served`: the reply. */
export type Reply = readonly [id: number, verdict: Verdict, contents: unknown]

/** Longer lists are divided: a long message keeps the others on the connection waiting. */
export const togetherBytesMax = 256 * 1024

/** The last token of the subjects that lists of replies come on. */
const repliesToken = 'replies'

export interface Batch {
  readonly firstId: number
  readonly count: number
}

export function batchSubject(inbox: string, { firstId, count }: Batch): string {
  return `${inbox}.${firstId}-${count}`
}

export function repliesSubject(inbox: string): string {
  return `${inbox}.${repliesToken}`
}

/** The inbox and the numbers of a list of requests; undefined where the subject is none of ours. */
export function readBatchSubject(
  subject: string,
): (Batch & { readonly inbox: string }) | undefined {
  const dot = subject.lastIndexOf('.')
  const [, first, count] = /^(\d{1,15})-(\d{1,6})$/u.exec(subject.slice(dot + 1)) ?? []
  if (dot < 1 || first === undefined || count === undefined) return undefined
  return { inbox: subject.slice(0, dot), firstId: Number(first), count: Number(count) }
}

/** Whether this is a reply as written by the other end. */
export function isReply(value: unknown): value is Reply {
  if (!Array.isArray(value) || value.length !== 3) return false
  const [id, verdict] = value as unknown[]
  return typeof id === 'number' && (verdict === 0 || verdict === 1 || verdict === 2)
}
