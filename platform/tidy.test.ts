// The repository as a text: what its pages promise is tested, what they point at is there, and nothing
// in it belongs to the machine it was written on.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const notOurs = new Set(['node_modules', '.git', '.outcry', '.tmp', 'coverage'])

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (notOurs.has(entry.name)) return []
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesBelow(path) : [path]
  })
}

const files = filesBelow(root).map((path) => ({
  name: relative(root, path),
  text: readFileSync(path, 'utf8'),
}))
const named = (pattern: RegExp) => files.filter(({ name }) => pattern.test(name))
const textOf = (name: string) => files.find((file) => file.name === name)?.text ?? ''

describe('docs/ARCHITECTURE.md', () => {
  const promised = [...textOf('docs/ARCHITECTURE.md').matchAll(/^\| (I\d+) \|/gm)].map(
    ([, invariant]) => invariant ?? '',
  )
  const suites = named(/\.(?:test|contract)\.ts$/).filter(
    ({ name }) => !name.endsWith('tidy.test.ts'),
  )
  const titles = suites.flatMap(({ text }) =>
    [...text.matchAll(/\b(?:test|it|describe)\b[^'"`]{0,400}?(['"`])(.*?)\1/gs)].map(
      ([, , title]) => title ?? '',
    ),
  )

  test('names the invariants I1 to I24', () => {
    expect(promised).toEqual(Array.from({ length: 24 }, (_, at) => `I${at + 1}`))
  })

  test.each(promised)('%s is in the title of a test', (invariant) => {
    const tag = new RegExp(`\\b${invariant}\\b`)
    expect(titles.filter((title) => tag.test(title))).not.toEqual([])
  })

  test('every decision record is numbered once', () => {
    const numbers = named(/^docs\/decisions\/\d{4}-.*\.md$/).map(({ name }) => name.slice(15, 19))
    expect(numbers.length).toBeGreaterThan(0)
    expect(new Set(numbers).size).toBe(numbers.length)
  })
})

describe('the pages', () => {
  const links = named(/\.md$/).flatMap(({ name, text }) =>
    [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)].map(([, target]) => ({
      name,
      target: target ?? '',
    })),
  )

  test('link to each other', () => {
    expect(links.length).toBeGreaterThan(3)
  })

  test('every link leads to a file that is there', () => {
    const broken = links.filter(
      ({ name, target }) => !existsSync(join(root, dirname(name), decodeURIComponent(target))),
    )
    expect(broken).toEqual([])
  })

  test('every file that the architecture page names is there', () => {
    const paths = [...textOf('docs/ARCHITECTURE.md').matchAll(/`([\w./-]+\/(?:[\w.-]+)?)`/g)]
      .map(([, path]) => path ?? '')
      .filter((path) => !path.startsWith('/'))
    expect(paths.length).toBeGreaterThan(10)
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })
})

describe('.env.example', () => {
  const explained = [...textOf('.env.example').matchAll(/^([A-Z][A-Z0-9_]*)=/gm)].map(
    ([, name]) => name,
  )
  const read = named(/\.ts$/)
    .filter(({ name, text }) => !name.endsWith('.test.ts') && text.includes('readConfig('))
    .flatMap(({ text }) => [
      ...text.matchAll(/^ {2}([A-Z][A-Z0-9_]*): variable|^ {2}([A-Z][A-Z0-9_]*): \w+\(\)/gm),
    ])
    .map(([, one, other]) => one ?? other)

  test('explains every variable that is read, each once, and no other', () => {
    expect(read).toContain('OUTCRY_DATA')
    expect(new Set(explained)).toEqual(new Set(read))
    expect(explained.length).toBe(new Set(explained).size)
  })
})

describe('the repository', () => {
  test('names no path of a machine', () => {
    const folderOfAPerson = /\/(?:home|Users)\/\w+\//
    const found = files.filter(({ text }) => text.includes(root) || folderOfAPerson.test(text))
    expect(found.map(({ name }) => name)).toEqual([])
  })

  test('the lock file names no server to download from', () => {
    expect(textOf('package-lock.json')).toContain('"lockfileVersion"')
    expect(textOf('package-lock.json')).not.toContain('"resolved"')
  })

  test('every npm script names a file that is there', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }
    const run = Object.values(scripts).flatMap((script) => script.match(/[\w./-]+\.ts\b/g) ?? [])
    expect(run.length).toBeGreaterThan(1)
    expect(run.filter((file) => !existsSync(join(root, file)))).toEqual([])
  })

  test('no file has grown so long that a noun in it wants a file of its own', () => {
    const linesMax = 350
    const long = named(/\.ts$/).filter(
      ({ name, text }) => !name.endsWith('.test.ts') && text.split('\n').length > linesMax,
    )
    expect(long.map(({ name }) => name)).toEqual([])
  })
})
