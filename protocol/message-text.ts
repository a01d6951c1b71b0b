// What may be said in a message, and in what form it is kept.

/** After normalisation, in Unicode code points: an emoji of two UTF-16 units counts once. */
export const messageCharactersMax = 4_000

/** The text in the form in which it is kept, or the refusal of what can not be said. */
export type Said =
  | { readonly text: string }
  | {
      readonly refusal: {
        readonly code: 'text_empty' | 'text_too_long' | 'text_invalid'
        readonly fields?: { readonly max: number }
      }
    }

/** Line feeds are the only control characters a message may hold; the ends of lines on other systems become one. */
const lineEnds = /\r\n?/g
/** Other controls have no business in a text, and half of a surrogate pair is no character. */
const unsayable = /[^\P{Cc}\n]|\p{Cs}/u

const tooLong: Said = { refusal: { code: 'text_too_long', fields: { max: messageCharactersMax } } }

/**
 * A text in Unicode NFC, with line feeds. Applied to its own result it changes nothing. White space
 * alone says nothing.
 */
export function messageText(said: string): Said {
  // A text can not get shorter than a third by normalisation, so what is far too long is not looked at.
  if (said.length > 6 * messageCharactersMax) return tooLong
  const text = said.replace(lineEnds, '\n').normalize('NFC')
  if (unsayable.test(text)) return { refusal: { code: 'text_invalid' } }
  if (text.trim() === '') return { refusal: { code: 'text_empty' } }
  return isLonger(text, messageCharactersMax) ? tooLong : { text }
}

/** A text that may be left out, such as a caption: then, and where it says nothing, it is empty. */
export function captionText(said: string | undefined): Said {
  return said === undefined || said.trim() === '' ? { text: '' } : messageText(said)
}

function isLonger(text: string, charactersMax: number): boolean {
  return text.length > charactersMax && Array.from(text).length > charactersMax
}

/** The beginning of a text, in whole characters, so that no emoji is cut in two. */
export function firstCharacters(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text
  // Never more than two units a character, so the end of a long text is not even looked at.
  return Array.from(text.slice(0, 2 * charactersMax))
    .slice(0, charactersMax)
    .join('')
}
