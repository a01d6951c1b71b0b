// One run of the bench: every way on every number of conversations, again and again in turns, so that
// whatever the machine does meanwhile happens to all of them.
import { uuidv7 } from '../platform/ids.ts'
import { closedLoop, type Measured } from './closed-loop.ts'
import type { Way } from './ways.ts'

/** One way on so many conversations, measured once in each round. */
export interface Series {
  readonly way: string
  readonly says: string
  readonly conversations: number
  readonly perSecond: readonly number[]
  readonly medianMs: readonly number[]
  readonly p99Ms: readonly number[]
}

export interface RunOptions {
  readonly ways: readonly Way[]
  readonly conversations: readonly number[]
  readonly rounds: number
  readonly warmUpMs: number
  readonly measureMs: number
  readonly onProgress: (text: string) => void
}

/** @throws where a message was not taken, or is not stored exactly once in its place. */
export async function run(options: RunOptions): Promise<readonly Series[]> {
  const { ways, conversations, rounds, onProgress } = options
  const plan = conversations.flatMap((count) => ways.map((way) => ({ way, count })))
  const found = plan.map(() => [] as Measured[])
  for (let round = 1; round <= rounds; round += 1) {
    for (const [nth, { way, count }] of plan.entries()) {
      const measured = await measure(way, count, options)
      found[nth]?.push(measured)
      const where = count === 1 ? 'one conversation' : `${count} conversations`
      const rate = `${measured.perSecond.toFixed(0)} messages/s`
      onProgress(`round ${round} of ${rounds}, ${way.name}, ${where}: ${rate}`)
    }
  }
  return plan.map(({ way, count }, nth) => {
    const all = found[nth] ?? []
    return {
      way: way.name,
      says: way.says,
      conversations: count,
      perSecond: all.map(({ perSecond }) => perSecond),
      medianMs: all.map(({ medianMs }) => medianMs),
      p99Ms: all.map(({ p99Ms }) => p99Ms),
    }
  })
}

async function measure(way: Way, count: number, options: RunOptions): Promise<Measured> {
  const conversationIds = Array.from({ length: count }, uuidv7)
  const sending = await way.begin(conversationIds)
  try {
    const measured = await closedLoop({
      ...options,
      senders: way.senders,
      send: (sender) => sending.send(sender),
    })
    const { stored, isWhole } = await sending.audit()
    if (stored !== measured.sent || !isWhole) {
      throw new Error(`${way.name}: ${measured.sent} messages were answered, ${stored} are stored`)
    }
    return measured
  } finally {
    await sending.end()
  }
}
