// TypeScript declarations as they stand in `protocol/`, so that the page shows the very types which
// the code is compiled against.
import { readdirSync, readFileSync } from 'node:fs'

const folder = new URL('../protocol/', import.meta.url)

function sources(): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(new URL(file, folder), 'utf8'))
}

/**
 * The source text of the exported interface or type `name` with its comment, without `export` and
 * `readonly`, which say nothing to a client.
 * @throws Error where `protocol/` exports no such type.
 */
export function declaration(name: string): string {
  const pattern = new RegExp(
    String.raw`(?:^/\*\*(?:(?!\*/)[^])*\*/\n)?^export (?:interface ${name} (?:(?!^\}$)[^])*^\}|type ${name} =(?:(?!\n(?:\n|export |/\*\*))[^])*)`,
    'mu',
  )
  for (const source of sources()) {
    const found = pattern.exec(source)
    if (found !== null)
      return found[0]
        .replaceAll(/^export /gm, '')
        .replaceAll('readonly ', '')
        .trim()
  }
  throw new Error(`protocol/ exports no type ${name}`)
}
