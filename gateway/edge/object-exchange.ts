// What happens to a request while it is waited for: bytes come, there is room for more, its time is up,
// or its sender is gone. One waits at a time.

export class Exchange {
  /** The response must not be touched any more. */
  isAborted = false
  /** Its time is up. */
  isLate = false
  #wake: (() => void) | undefined

  get isOver(): boolean {
    return this.isAborted || this.isLate
  }

  /** Resolves at the next thing that happens. Whoever waits looks at what that was. */
  change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  wake(): void {
    this.#wake?.()
    this.#wake = undefined
  }

  abort(): void {
    this.isAborted = true
    this.wake()
  }

  expire(): void {
    this.isLate = true
    this.wake()
  }
}
