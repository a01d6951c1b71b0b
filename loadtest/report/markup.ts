// HTML of parts: what is put in is text, unless it was made here.

export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type MarkupPart = string | number | Markup | readonly MarkupPart[]

/** A template whose parts are escaped, but for those that are markup themselves. */
export function html(strings: TemplateStringsArray, ...parts: readonly MarkupPart[]): Markup {
  const texts = strings.map(
    (text, nth) => text + (nth < parts.length ? textOf(parts[nth] ?? '') : ''),
  )
  return new Markup(texts.join(''))
}

/** Text that is markup already. */
export function markup(text: string): Markup {
  return new Markup(text)
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function textOf(part: MarkupPart): string {
  if (part instanceof Markup) return part.text
  if (typeof part === 'string')
    return part.replace(/[&<>"']/g, (letter) => escapes[letter] ?? letter)
  if (typeof part === 'number') return String(part)
  return part.map(textOf).join('\n')
}
