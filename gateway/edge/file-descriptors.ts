// How many files and sockets this process may have open.
import { readFileSync } from 'node:fs'
import { fileDescriptorsAssumed } from '../limits.ts'

/**
 * The hard limit, to which Node raises its soft one by itself. Linux tells it in a file; elsewhere a
 * cautious number is assumed.
 */
export function fileDescriptorLimit(limitsFile = '/proc/self/limits'): number {
  let text: string
  try {
    text = readFileSync(limitsFile, 'utf8')
  } catch {
    return fileDescriptorsAssumed
  }
  return parseFileDescriptorLimit(text)
}

/** @param text as in `/proc/self/limits`: name, soft limit, hard limit, unit */
export function parseFileDescriptorLimit(text: string): number {
  const found = /^Max open files\s+\S+\s+(\d+|unlimited)/m.exec(text)?.[1]
  if (found === undefined) return fileDescriptorsAssumed
  return found === 'unlimited' ? Infinity : Number(found)
}
