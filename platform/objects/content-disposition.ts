// How a download is called (RFC 6266, RFC 8187).
import type { SentAs } from './object-store.ts'

/** The header's value: the name in plain letters for old clients, and as it is for all others. */
export function contentDisposition({ disposition, fileName }: SentAs): string {
  // A path is not a name, and a header ends with its line.
  const name = fileName.replace(/[\p{Cc}\p{Cs}/\\]/gu, '_')
  const plain = name.replace(/[^\x20-\x7e]|["%]/g, '_')
  const exact = encodeURIComponent(name).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `${disposition}; filename="${plain}"; filename*=UTF-8''${exact}`
}

/** A name of at most so many bytes in UTF-8; what makes it long is left out before its ending. */
export function shortened(fileName: string, bytesMax: number): string {
  const ending = /\.[\w-]{1,10}$/.exec(fileName)?.[0] ?? ''
  const letters = Array.from(fileName.slice(0, fileName.length - ending.length))
  while (letters.length > 0 && Buffer.byteLength(letters.join('') + ending) > bytesMax)
    letters.pop()
  return letters.join('') + ending
}
