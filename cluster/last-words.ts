// What a role said before it ended badly, from its log.
import { open } from 'node:fs/promises'

const bytesRead = 16 * 1024
const linesTold = 8

/** The last lines of a log that people should see; '' where it has none. */
export async function lastWords(file: string): Promise<string> {
  const log = await open(file)
  try {
    const { size } = await log.stat()
    const { buffer, bytesRead: length } = await log.read({
      buffer: Buffer.alloc(bytesRead),
      position: Math.max(0, size - bytesRead),
    })
    return told(buffer.toString('utf8', 0, length))
  } finally {
    await log.close()
  }
}

/** What it said to people at the very end, from its beginning; else its last lines for machines. */
export function told(log: string): string {
  const lines = log.split('\n').filter((line) => line.trim() !== '')
  const toPeople = lines.slice(lines.findLastIndex((line) => line.startsWith('{')) + 1)
  const shown = toPeople.length > 0 ? toPeople.slice(0, linesTold) : lines.slice(-linesTold)
  return shown.join('\n')
}
