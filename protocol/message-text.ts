// What may be said in a message, and in what form it is kept.

/** After normalisation, in Unicode code points: an emoji of two UTF-16 units counts once. */
export const messageCharactersMax = 4_000

export type TextFault = 'text_empty' | 'text_too_long' | 'text_invalid'

/** Line feeds are the only control characters a message may hold; the ends of lines on other systems become one. */
const lineEnds = /\r\n?/g
/** Other controls have no business in a text, and half of a surrogate pair is no character. */
const unsayable = /[^\P{Cc}\n]|\p{Cs}/u

/**
 * The text in the form in which it is kept and compared (Unicode NFC, line feeds), or why it is none.
 * Applied to its own result it changes nothing. White space alone says nothing.
 */
export function messageText(
  said: string,
  charactersMax = messageCharactersMax,
): { readonly text: string } | { readonly fault: TextFault } {
  // A text can not get shorter than a third by normalisation, so what is far too long is not looked at.
  if (said.length > 6 * charactersMax) return { fault: 'text_too_long' }
  const text = said.replace(lineEnds, '\n').normalize('NFC')
  if (unsayable.test(text)) return { fault: 'text_invalid' }
  if (text.trim() === '') return { fault: 'text_empty' }
  if (text.length > charactersMax && Array.from(text).length > charactersMax) {
    return { fault: 'text_too_long' }
  }
  return { text }
}
