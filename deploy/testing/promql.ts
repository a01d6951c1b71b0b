// Which series and labels an expression of Prometheus speaks of. No parser: enough to find every name that
// is misspelt in the expressions of this folder, and a test says so of promtool's verdict on the rest.

export interface Spoken {
  readonly series: readonly string[]
  readonly labels: readonly string[]
}

const words = new Set(
  'and or unless on ignoring group_left group_right by without bool offset'.split(' '),
)

export function spokenOf(expression: string): Spoken {
  const labels: string[] = []
  const listed = expression
    // What stands in quotes is a value.
    .replace(/"(?:[^"\\]|\\.)*"/gu, '')
    .replace(/\{([^}]*)\}/gu, (_, matchers: string) => {
      labels.push(...(matchers.match(/[a-z_]\w*(?=\s*(?:=|!))/giu) ?? []))
      return ' '
    })
    .replace(/\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/gu, (_, names: string) => {
      labels.push(...names.split(',').map((name) => name.trim()))
      return ' '
    })
    .replace(/\[[^\]]*\]/gu, ' ')
  const names = listed.match(/\b[a-z_:][\w:]*\b(?!\s*\()/giu) ?? []
  return { series: names.filter((name) => !words.has(name)), labels }
}
