// Canonical JSON (RFC 8785): one text for one value, whoever writes it. What `JSON.stringify` does with
// numbers and strings is what the RFC asks for; here only the members are put in order. Written out,
// since every event passes through it and a general library takes as long as deciding the bid.

/** @throws TypeError where the value is none that JSON has, such as `undefined` or `NaN`. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`
  if (typeof value === 'object' && value !== null) return canonicalObject(value)
  const text = typeof value === 'number' && !Number.isFinite(value) ? undefined : plain(value)
  if (text === undefined) throw new TypeError(`JSON has no ${typeof value} like this`)
  return text
}

function canonicalObject(value: object): string {
  let text = ''
  // Sorted by UTF-16 code units, which is what both JavaScript and the RFC do.
  for (const [name, member] of Object.entries(value).toSorted(byName)) {
    // As in JSON.stringify: a member that is not set is none.
    if (member === undefined) continue
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(member)}`
  }
  return `{${text}}`
}

function byName([one]: [string, unknown], [other]: [string, unknown]): number {
  return one < other ? -1 : 1
}

/** The types of TypeScript do not tell that this may be undefined. */
function plain(value: unknown): string | undefined {
  return JSON.stringify(value)
}
