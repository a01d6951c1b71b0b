// A process of a load test that holds some of its devices. `workers.ts` forks it.
import { Failure } from '../../platform/failure.ts'
import { SCENARIOS } from '../scenarios/scenarios.ts'
import { tokensOf } from '../tokens.ts'
import { DeviceCrew } from './crew.ts'
import type { FromWorker, ToWorker } from './worker-words.ts'

const sampleIntervalMs = 1_000

const abort = new AbortController()
let crew: DeviceCrew | undefined
let sampling: NodeJS.Timeout | undefined

function say(word: FromWorker): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) throw new Error('a worker is forked by a run')
    process.send(word, undefined, {}, () => resolve())
  })
}

/** Also what was heard since the last full second. */
async function sampleNow(): Promise<void> {
  if (crew !== undefined) await say({ type: 'sample', sample: crew.recorder.take() })
}

async function obey(word: ToWorker): Promise<void> {
  switch (word.type) {
    case 'assemble': {
      const { plan, stage, share } = word
      const scenario = SCENARIOS[plan.scenario]
      const tokens = tokensOf(word.tokens)
      const { rss } = process.memoryUsage()
      crew = new DeviceCrew({ scenario, plan, stage, share, tokens, signal: abort.signal })
      sampling = setInterval(() => void sampleNow(), sampleIntervalMs)
      await crew.assemble()
      const bytesPerDevice = (process.memoryUsage().rss - rss) / (share.to - share.from)
      // What the ramp did is told as that.
      await sampleNow()
      return await say({ type: 'assembled', bytesPerDevice })
    }
    case 'perform':
      await crew?.perform()
      await sampleNow()
      return await say({ type: 'performed' })
    case 'testify':
      await crew?.settle(word.ends)
      await sampleNow()
      for (const testimony of crew?.testify() ?? []) await say({ type: 'testimony', testimony })
      return await say({ type: 'testified' })
    case 'leave':
      clearInterval(sampling)
      crew?.leave()
      process.disconnect()
  }
}

process.on('message', (word: ToWorker) => {
  obey(word).catch(async (error: unknown) => {
    if (abort.signal.aborted) return
    const says = error instanceof Failure ? error.text : String(error)
    await say({ type: 'failed', says })
  })
})
// Whoever leads the run is gone, and with it the run.
process.on('disconnect', () => {
  abort.abort()
  process.exit()
})
// Ctrl-C at the terminal goes to all its processes; the one that leads the run decides what follows.
process.on('SIGINT', () => {})
