// Rules about links: to listed domains, or to all others. A listed domain stands for its subdomains too.
//
// A name that is listed counts wherever it stands. Of other names a link is whatever follows a scheme
// (https://…) or begins with www., a name before a path or a port (example.museum/x), and a name whose
// ending is a country's or a common one (example.com, shop.example.de); so a missing space after a full
// stop is no link, nor is the name of a file.
import type { ModerationRule } from '../../../protocol/moderation.ts'
import { canonicalHost, type HostName, hostNamesIn } from './host-names.ts'
import type { Matcher } from './rule.ts'

type Match = Extract<ModerationRule, { kind: 'links' }>['match']

const commonEndings = new Set(
  (
    'app art auction bid biz blog cash click cloud club com dev digital email gallery group info ' +
    'life link live market money net online org page pay pro sale shop site space store team tech ' +
    'today top website work world xyz zone'
  ).split(' '),
)

/** Whether a text holds a link to one of `domains`, or to any other. */
export function linkMatcher(domains: readonly string[], match: Match): Matcher {
  // `*.example.com` and `.example.com` are ways to write what is meant anyway.
  const listed = new Set(domains.map((domain) => canonicalHost(domain.replace(/^[*.]+/, ''))))
  const isListed = ({ host }: HostName) => wholes(host).some((whole) => listed.has(whole))
  return match === 'listed'
    ? ({ text }) => hostNamesIn(text).some(isListed)
    : ({ text }) => hostNamesIn(text).some((name) => isLink(name) && !isListed(name))
}

function isLink({ isUrl, isPlace, isInPath, ending }: HostName): boolean {
  if (isUrl) return true
  // `done.So` is two sentences; nobody writes the ending of a domain like that.
  if (isInPath || /^\p{Lu}\p{Ll}/u.test(ending)) return false
  const small = ending.toLowerCase()
  return isPlace || commonEndings.has(small) || /^[a-z]{2}$/.test(small) || small.startsWith('xn--')
}

/** The name and all that it is a part of: `a.b.c`, `b.c`, `c`. */
function wholes(host: string): readonly string[] {
  const labels = host.split('.')
  return labels.map((_, at) => labels.slice(at).join('.'))
}
