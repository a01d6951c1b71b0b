// The forking side: a process that is asked one thing at a time, and may tell something in between.
import { type ChildProcess, fork } from 'node:child_process'
import { endOf } from '../../platform/servers/process-end.ts'

interface Word {
  readonly type: string
}

export class Child<To extends Word, From extends Word> {
  readonly #name: string
  readonly #child: ChildProcess
  readonly #gone: Promise<unknown>
  #take: (word: From) => void = () => {}
  /** Rejects once the process fails or ends; whatever is awaited then is in vain. */
  readonly failed: Promise<never>
  #reject: (error: Error) => void = () => {}
  /** Hears what is told without having been asked for. */
  onTold: (word: From) => void = () => {}

  /** @param told the words that answer no question */
  constructor(name: string, entry: string, told: readonly From['type'][]) {
    this.#name = name
    this.#child = fork(entry, {
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#gone = endOf(this.#child)
    this.failed = new Promise((_, reject) => {
      this.#reject = reject
    })
    // It may fail while nobody waits for anything; whoever asks next hears of it.
    this.failed.catch(() => {})
    this.#child.on('message', (word: From) => {
      if (word.type === 'failed') {
        this.#fail((word as unknown as { readonly says: string }).says)
      } else if (told.includes(word.type)) this.onTold(word)
      else this.#take(word)
    })
    this.#child.once('exit', () => this.#fail('its process ended'))
  }

  tell(word: To): void {
    if (this.#child.connected) this.#child.send(word)
  }

  /** @throws where the process fails, now or before, or ends. */
  ask<T extends From['type']>(word: To, answer: T): Promise<Extract<From, { type: T }>> {
    const answered = new Promise<Extract<From, { type: T }>>((resolve) => {
      this.#take = (told) => {
        if (told.type === answer) resolve(told as Extract<From, { type: T }>)
      }
    })
    this.tell(word)
    return Promise.race([answered, this.failed])
  }

  /** Ends it, whatever it is at. */
  async end(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#gone
  }

  #fail(says: string): void {
    this.#reject(new Error(`${this.#name}: ${says}`))
  }
}
