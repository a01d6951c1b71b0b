// For tools that run for a while and hold something meanwhile: a server, a folder.

/** Ctrl-C, or a plain kill: cleans up and leaves as the shell expects of one who was interrupted. */
export function onInterrupt(cleanUp: () => Promise<void>): void {
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ] as const) {
    process.once(signal, () => void cleanUp().finally(() => process.exit(128 + number)))
  }
}
