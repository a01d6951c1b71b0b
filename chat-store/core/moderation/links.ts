// Rules about links: to listed domains, or to all others. A link is
//
// - whatever follows a scheme (https://…) or begins with www.
// - a name with a dot before a path or a port (example.museum/x)
// - a name that is listed, or whose ending is a country's or a common one (example.com, shop.example.de)
//
// so that a missing space after a full stop is not a link, nor is a file's name. The domain of an e-mail
// address is none either. A listed domain stands for its subdomains too.
import type { ModerationRule } from '../../../protocol/moderation.ts'
import type { Matcher } from './rule.ts'

type Match = Extract<ModerationRule, { kind: 'links' }>['match']

/** What may be the name of a host, as long as it goes: one step for each character. */
const nameRun = /[\p{L}\p{M}\p{N}.\u3002\uFF0E\uFF61_-]+/gu
const commonEndings = new Set(
  'com net org info biz app dev shop store online site website xyz club live link click top pro page blog cloud space tech world today life market sale cash money pay digital email group team zone art gallery auction bid'.split(
    ' ',
  ),
)
const hostCharactersMax = 253

/** The name of a host in a text. */
interface Found {
  readonly host: string
  /** What surrounds it says that it is a link. */
  readonly isCertain: boolean
  /** As it was written. */
  readonly ending: string
}

export function linkMatcher(domains: readonly string[], match: Match): Matcher {
  const listed = new Set(domains.map((domain) => canonical(domain.replace(/^[.*]+/, ''))))
  const isListed = (host: string) => suffixes(host).some((suffix) => listed.has(suffix))
  return match === 'listed'
    ? ({ text }) => namesIn(text).some(({ host }) => isListed(host))
    : ({ text }) => namesIn(text).some((found) => isLink(found) && !isListed(found.host))
}

function namesIn(text: string): readonly Found[] {
  const found: Found[] = []
  for (const { 0: run, index } of text.matchAll(nameRun)) {
    const name = run.replace(/^[._-]+/, '')
    const start = index + run.length - name.length
    const one = nameAt(text, trimmedEnd(name), start)
    if (one !== undefined) found.push(one)
  }
  return found
}

function nameAt(text: string, name: string, start: number): Found | undefined {
  const end = start + name.length
  const beginsUrl = text.startsWith('://', start - 3) || text.startsWith('//', start - 2)
  const before = text[start - 1]
  // In https://name@host the host is behind the @; without a scheme that is an e-mail address.
  if (text[end] === '@') return undefined
  const hasScheme = beginsUrl || (before === '@' && hasSchemeBefore(text, start - 1))
  if (before === '@' && !hasScheme) return undefined
  const isPlace = /^(?:\/|:\d|\?|#)/.test(text.slice(end, end + 2))
  const labels = name.split(/[.\u3002\uFF0E\uFF61]/)
  const ending = labels.at(-1) ?? ''
  if (name === '' || name.length > hostCharactersMax)
    return hasScheme ? { host: '', isCertain: true, ending } : undefined
  const isName =
    labels.length >= 2 && !labels.includes('') && /^(?:\p{L}\p{M}*){2,}$|^xn--/iu.test(ending)
  if (!isName && !hasScheme) return undefined
  const isWeb = labels.length >= 3 && labels[0]?.toLowerCase() === 'www'
  return { host: canonical(name), isCertain: hasScheme || isWeb || isPlace, ending }
}

/** Whether the name that ends at `at` follows a scheme; names are short, so no further back. */
function hasSchemeBefore(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - hostCharactersMax), at)
  const begins = before.lastIndexOf('://')
  return begins !== -1 && !/[\s/]/u.test(before.slice(begins + 3))
}

function isLink({ isCertain, ending }: Found): boolean {
  if (isCertain) return true
  // `done.So` is two sentences; nobody writes the ending of a domain like that.
  const isSentence = /^\p{Lu}\p{Ll}/u.test(ending)
  if (isSentence) return false
  const small = ending.toLowerCase()
  return commonEndings.has(small) || /^[a-z]{2}$/.test(small) || small.startsWith('xn--')
}

/** In one form, whatever the case and the script's encoding; without www. */
function canonical(name: string): string {
  const small = name.toLowerCase().replace(/^www\./, '')
  if (/^[a-z0-9.-]*$/.test(small)) return small
  try {
    return new URL(`http://${small}`).hostname
  } catch {
    return small
  }
}

/** The name and all that it is a part of: `a.b.c`, `b.c`, `c`. */
function suffixes(host: string): readonly string[] {
  const labels = host.split('.')
  return labels.map((_, at) => labels.slice(at).join('.'))
}

function trimmedEnd(name: string): string {
  let end = name.length
  while (end > 0 && '._-'.includes(name[end - 1] ?? '')) end -= 1
  return name.slice(0, end)
}
