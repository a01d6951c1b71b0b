// Whether a text holds an e-mail address, also one that is spelt so that programs shall not see it:
//
//   ann@mail.example · ann (at) mail [dot] example · ann at mail dot example · ann @ mail . example
//   ann at gmail.com (`at` before a plain domain is ordinary English, but not before a mail house)
//
// White space is made single first, so that no expression has to look past a run of it again and again.
import { folded } from './fold.ts'

const bracketedAt = / ?[([{<] ?(?:at|@) ?[)\]}>] ?/g
const bracketedDot = / ?[([{<] ?(?:dot|\.|punkt|punto|ponto|point) ?[)\]}>] ?/g
const apartAt = / ?@ ?/g
const spokenDot = / dot | \. /g
/** Stands for a dot that was spelt out; folding leaves none of these in a text. */
const speltDot = '\u2024'

const mailHouses =
  'gmail|googlemail|hotmail|outlook|live|yahoo|ymail|icloud|aol|gmx|web|proton|protonmail|mail|yandex|qq|163'

/** The part before the @ ends in one of the first class; a domain is read on from there. */
const atSign = /[\p{L}\p{N}_%+.-]@(?=[\p{L}\p{N}])/gu
const domain = /[\p{L}\p{N}.\u2024-]{1,253}/uy
const spokenAt = new RegExp(
  String.raw`[\p{L}\p{N}_.+-] at (?:[\p{L}\p{N}-]{1,63}\u2024\p{L}{2,63}|(?:${mailHouses})[.\u2024]\p{L}{2,63})`,
  'u',
)

/** Whether somebody can be written to by what the text says. */
export function hasEmailAddress(text: string): boolean {
  const said = folded(text)
  // Most texts hold neither.
  if (!said.includes('@') && !said.includes('at')) return false
  const plain = said
    .replace(/\s+/g, ' ')
    .replace(bracketedAt, '@')
    .replace(bracketedDot, speltDot)
    .replace(apartAt, '@')
    .replace(spokenDot, speltDot)
  for (const sign of plain.matchAll(atSign)) {
    domain.lastIndex = sign.index + sign[0].length
    const host = domain.exec(plain)?.[0] ?? ''
    if (isDomain(host)) return true
  }
  return spokenAt.test(plain)
}

/** At least two labels, the last of letters. A sentence may end behind it. */
function isDomain(host: string): boolean {
  const labels = host.split(/[.\u2024]/)
  while (labels.at(-1) === '') labels.pop()
  const last = labels.at(-1) ?? ''
  return labels.length >= 2 && !labels.includes('') && /^(?:\p{L}{2,63}|xn--.+)$/u.test(last)
}
