// Finds what may be the name of a host in a text, and what its surroundings say about it.

/** As long as it goes: one step for each character. */
const nameRun = /[\p{L}\p{M}\p{N}.\u3002\uFF0E\uFF61_-]+/gu
const dots = /[.\u3002\uFF0E\uFF61]/
const ornament = '._-'
/** The end of a name's last label: letters, or the encoding of other scripts. */
const endingForm = /^(?:\p{L}\p{M}*){2,}$|^xn--/iu
/** A path, a port, a query behind a name. */
const placeForm = /^(?:\/|:\d|[?#][^\s?#])/u
const hostCharactersMax = 253

export interface HostName {
  /** In one form, whatever the case and the script's encoding; without www. Empty where it is too long. */
  readonly host: string
  /** The last label as it was written. */
  readonly ending: string
  /** It follows a scheme, or begins with www. */
  readonly isUrl: boolean
  /** Something behind it is what follows a host's name. */
  readonly isPlace: boolean
  /** It stands behind a single slash, so most likely it is no host's. */
  readonly isInPath: boolean
}

/** Every name with a dot in it, and whatever follows a scheme; not the domains of e-mail addresses. */
export function hostNamesIn(text: string): readonly HostName[] {
  const found: HostName[] = []
  // Most texts hold neither.
  if (!dots.test(text) && !text.includes('//')) return found
  for (const { 0: run, index } of text.matchAll(nameRun)) {
    const [from, to] = bare(run)
    const name = from < to ? hostNameAt(text, index + from, index + to) : undefined
    if (name !== undefined) found.push(name)
  }
  return found
}

function hostNameAt(text: string, start: number, end: number): HostName | undefined {
  // What stands before an @ is a user, with a scheme and without.
  if (text[end] === '@') return undefined
  const isMail = text[start - 1] === '@'
  const hasScheme = isMail ? hasSchemeBefore(text, start - 1) : text.startsWith('//', start - 2)
  if (isMail && !hasScheme) return undefined
  const name = text.slice(start, end)
  const labels = name.split(dots)
  const ending = labels.at(-1) ?? ''
  const isName = labels.length >= 2 && !labels.includes('') && endingForm.test(ending)
  if (!isName && !hasScheme) return undefined
  return {
    host: name.length > hostCharactersMax ? '' : canonicalHost(name),
    ending,
    isUrl: hasScheme || (labels.length >= 3 && labels[0]?.toLowerCase() === 'www'),
    isPlace: placeForm.test(text.slice(end, end + 2)),
    isInPath: !hasScheme && text[start - 1] === '/',
  }
}

/** Whether the user's name that ends at `at` follows a scheme; names are short, so no further back. */
function hasSchemeBefore(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - hostCharactersMax), at)
  const begins = before.lastIndexOf('//')
  return begins !== -1 && !/[\s/]/u.test(before.slice(begins + 2))
}

/** The name in the form in which names are compared. */
export function canonicalHost(name: string): string {
  const small = name.toLowerCase().replace(/^www\./, '')
  if (/^[a-z0-9.-]*$/.test(small)) return small
  try {
    return new URL(`http://${small}`).hostname
  } catch {
    return small
  }
}

/** Where the run begins and ends without the signs of its sentence. */
function bare(run: string): readonly [number, number] {
  let from = 0
  let to = run.length
  while (from < to && ornament.includes(run[from] ?? '')) from += 1
  while (from < to && ornament.includes(run[to - 1] ?? '')) to -= 1
  return [from, to]
}
