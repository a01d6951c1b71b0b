// Texts made alike for comparison: what looks the same to a reader, or is read the same, is the same.

/** Accents and joiners, though not the marks that make another kana of one; and what can not be seen at all. */
const decoration = /(?![\u3099\u309A])\p{Script=Inherited}|\p{Cf}/gu

const isPlain = /^[\x20-\x7E\n]*$/

/** Without case, diacritics and invisible characters; wide and narrow forms are one. */
export function folded(text: string): string {
  if (isPlain.test(text)) return text.toLowerCase()
  const bare = text.normalize('NFKD').replace(decoration, '')
  // By way of capitals, so that ß is ss; the last sigma of a word is a sigma.
  return bare.toUpperCase().toLowerCase().replaceAll('ς', 'σ')
}

/** In these scripts words stand without a space between them, so each character is a word of its own. */
const unspaced =
  String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}` +
  String.raw`\p{Script=Khmer}\p{Script=Myanmar}`
const word = new RegExp(
  String.raw`[${unspaced}]\p{M}*|(?:(?![${unspaced}])[\p{L}\p{M}\p{N}])+`,
  'gu',
)

/** The words of a text, folded. */
export function wordsOf(text: string): readonly string[] {
  return folded(text).match(word) ?? []
}
