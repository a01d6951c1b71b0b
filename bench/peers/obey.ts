// The forked side of a conversation between a bench and its processes.

/** What became of a word that could not be obeyed, or of the process. */
export interface Failed {
  readonly type: 'failed'
  readonly says: string
}

/** Tells whoever forked this process. */
export function tell(word: object): void {
  process.send?.(word)
}

/**
 * Answers each word with what `act` returns, and with `failed` where that throws. The process ends with whoever
 * forked it.
 */
export function obey(act: (word: never) => Promise<object | undefined>): void {
  const answer = async (word: never): Promise<void> => {
    try {
      const said = await act(word)
      if (said !== undefined) tell(said)
    } catch (error) {
      tell(failed(error))
    }
  }
  process.on('message', (word: unknown) => void answer(word as never))
  process.on('uncaughtException', (error) => tell(failed(error)))
  process.on('disconnect', () => process.exit())
  // Ctrl-C goes to all processes of the terminal; the bench decides what follows.
  process.on('SIGINT', () => {})
}

function failed(error: unknown): Failed {
  return {
    type: 'failed',
    says: error instanceof Error ? (error.stack ?? error.message) : String(error),
  }
}
