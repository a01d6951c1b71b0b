// Waiting for work only as long as somebody wants it.

/** @throws the signal's reason, where it aborts first. */
export async function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted()
  let give: (() => void) | undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    give = () => reject(signal.reason)
    signal.addEventListener('abort', give, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    if (give !== undefined) signal.removeEventListener('abort', give)
  }
}
