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
