// For tools that run for a while and hold something meanwhile: a server, a folder.

/**
 * Ctrl-C, or a plain kill: cleans up and leaves as the shell expects of one who was interrupted.
 * @returns what to call when there is nothing to clean up any more
 */
export function onInterrupt(cleanUp: () => Promise<void>): () => void {
  const undo = (
    [
      ['SIGINT', 2],
      ['SIGTERM', 15],
    ] as const
  ).map(([signal, number]) => {
    const listener = () => void cleanUp().finally(() => process.exit(128 + number))
    process.once(signal, listener)
    return () => process.off(signal, listener)
  })
  return () => {
    for (const off of undo) off()
  }
}
