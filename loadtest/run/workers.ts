// The processes that hold the devices of a run, as one: each is told the same, and all are waited for.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Failure } from '../../platform/failure.ts'
import type { TokenSource } from '../tokens.ts'
import type { Sample } from './measures.ts'
import { type Plan, sharesOf } from './plan.ts'
import type { Ends, Stage, Testimony } from './scenario.ts'
import type { FromWorker, ToWorker } from './worker-words.ts'

export interface WorkersOptions {
  readonly plan: Plan
  readonly tokens: TokenSource
  readonly stage: Stage
  /** Told every second by each process; they are counted from 0. */
  readonly onSample: (process: number, sample: Sample) => void
  readonly onTestimony: (testimony: readonly Testimony[]) => void
}

const entry = fileURLToPath(new URL('worker.ts', import.meta.url))

interface Worker {
  readonly nth: number
  readonly child: ChildProcess
  /** Where the awaited word goes, while one is awaited. */
  awaited?: { readonly type: FromWorker['type']; readonly resolve: (word: FromWorker) => void }
}

export class Workers {
  readonly #options: WorkersOptions
  readonly #workers: Worker[] = []
  /** Rejects when a process fails or dies; whatever is awaited then is in vain. */
  readonly #failed: Promise<never>
  #fail: (failure: Failure) => void = () => {}
  #isLeaving = false

  constructor(options: WorkersOptions) {
    this.#options = options
    this.#failed = new Promise((_, reject) => {
      this.#fail = reject
    })
    // It may fail while nobody waits for anything; whoever waits next hears of it.
    this.#failed.catch(() => {})
  }

  /** Starts them, and has all devices come. Resolves with what a device costs each process, in bytes. @throws Failure */
  async assemble(): Promise<readonly number[]> {
    const { plan, tokens, stage } = this.#options
    const words = sharesOf(plan).map((share, nth) => {
      const worker: Worker = {
        nth,
        child: fork(entry, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
      }
      this.#workers.push(worker)
      this.#listen(worker)
      return this.#ask(worker, { type: 'assemble', plan, tokens, stage, share }, 'assembled')
    })
    const assembled = await this.#all(words)
    return assembled.map(({ bytesPerDevice }) => bytesPerDevice)
  }

  /** @throws Failure */
  async perform(): Promise<void> {
    await this.#all(
      this.#workers.map((worker) => this.#ask(worker, { type: 'perform' }, 'performed')),
    )
  }

  /** Waits until all have come to these ends; what was seen comes by `onTestimony`. @throws Failure */
  async testify(ends: Ends): Promise<void> {
    await this.#all(
      this.#workers.map((worker) => this.#ask(worker, { type: 'testify', ends }, 'testified')),
    )
  }

  /** Ends the processes, and with them their connections. */
  async leave(): Promise<void> {
    this.#isLeaving = true
    const gone = this.#workers.map(async ({ child }) => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exit = once(child, 'exit')
      if (child.connected) child.send({ type: 'leave' } satisfies ToWorker)
      await exit
    })
    await Promise.all(gone)
  }

  #listen(worker: Worker): void {
    worker.child.on('message', (word: FromWorker) => {
      if (word.type === 'sample') return this.#options.onSample(worker.nth, word.sample)
      if (word.type === 'testimony') return this.#options.onTestimony(word.testimony)
      if (word.type === 'failed') return this.#fail(new Failure(word.says))
      const { awaited } = worker
      if (awaited?.type !== word.type) return
      delete worker.awaited
      awaited.resolve(word)
    })
    worker.child.once('exit', (code, signal) => {
      if (this.#isLeaving) return
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`
      this.#fail(new Failure(`A process that holds devices of this run ended ${how}.`))
    })
  }

  #ask<T extends FromWorker['type']>(
    worker: Worker,
    word: ToWorker,
    type: T,
  ): Promise<Extract<FromWorker, { type: T }>> {
    return new Promise((resolve) => {
      const take = (answer: FromWorker) => resolve(answer as Extract<FromWorker, { type: T }>)
      worker.awaited = { type, resolve: take }
      worker.child.send(word)
    })
  }

  #all<T>(words: readonly Promise<T>[]): Promise<T[]> {
    return Promise.race([Promise.all(words), this.#failed])
  }
}
