// The few forms of Markdown that the pages are made of.

/** A table; cells are Markdown themselves. */
export function table(head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

export const code = (text: string): string => `\`${text}\``

export const typescript = (texts: readonly string[]): string =>
  ['```ts', texts.join('\n\n'), '```'].join('\n')
