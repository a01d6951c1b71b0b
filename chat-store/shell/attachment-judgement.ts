// Whether a file is what it was declared to be, by its first bytes.
import type { AttachmentType } from '../../protocol/attachments.ts'
import type { AttachmentTypes } from '../ports/attachment-types.ts'

/** What the first bytes of a file of the type may show. Texts show nothing: they are looked at themselves. */
const shownTypes: Readonly<Record<AttachmentType, readonly string[]>> = {
  'image/jpeg': ['image/jpeg'],
  // An animated one is one for whoever does not know animated ones.
  'image/png': ['image/png', 'image/apng'],
  'image/webp': ['image/webp'],
  'image/gif': ['image/gif'],
  // One container with two names: phones write either into it.
  'image/heic': ['image/heic', 'image/heif'],
  'image/heif': ['image/heif', 'image/heic'],
  'application/pdf': ['application/pdf'],
  'text/plain': [],
  'text/csv': [],
}

/**
 * How browsers recognise markup (https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type),
 * and anything else that begins like XML, SVG included.
 */
const markup =
  /^[\uFEFF\s]*<(?:[!?]|(?:html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|svg|xml)[\s/>])/i

/** @param start the file's first bytes; `isWhole` where they are all of it */
export async function isWhatItSays(
  declared: AttachmentType,
  start: Uint8Array,
  isWhole: boolean,
  types: AttachmentTypes,
): Promise<boolean> {
  const shown = await types.shownBy(start)
  const expected = shownTypes[declared]
  if (expected.length > 0) return shown !== undefined && expected.includes(shown)
  return shown === undefined && isPlainText(start, isWhole)
}

/** UTF-8 without NUL that no browser takes for markup. A character that the end of `bytes` cuts is no fault. */
function isPlainText(bytes: Uint8Array, isWhole: boolean): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: !isWhole })
    return !text.includes('\0') && !markup.test(text)
  } catch {
    return false
  }
}
