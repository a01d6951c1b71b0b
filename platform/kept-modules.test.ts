// Processes of their own, each with a folder that is named by the environment, as Node's own cache is.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outcry-kept-'))
  const keeper = pathToFileURL(join(import.meta.dirname, 'kept-modules.js')).href
  await put(
    'entry.mjs',
    `import '${keeper}'
     const { greeting } = await import('./greeting.ts')
     process.stdout.write(greeting)`,
  )
  await put('package.json', '{ "type": "module" }')
  await put('greeting.ts', `export const greeting: string = 'good morning'`)
})

afterEach(() => rm(folder, { recursive: true }))

const put = (name: string, text: string) => writeFile(join(folder, name), text)

/** What the program says, on both outputs. */
async function run(env: Readonly<Record<string, string>> = {}) {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [join(folder, 'entry.mjs')],
    { env: { NODE_COMPILE_CACHE: join(folder, 'kept'), ...env } },
  )
  return { stdout, stderr }
}

/** The one text that is kept. */
async function keptFile(): Promise<string> {
  const files = await readdir(join(folder, 'kept'), { recursive: true })
  const [kept, ...others] = files.filter((file) => /stripped-v[^/]+\/./.test(file))
  expect(others).toEqual([])
  return join(folder, 'kept', String(kept))
}

const good = { stdout: 'good morning', stderr: '' }

test('a module is run as it is, without a warning, and its text without types is kept', async () => {
  expect(await run()).toEqual(good)
  expect(await keptFile()).toContain(process.version)
  expect(await readFile(await keptFile(), 'utf8')).toMatch(
    /^export const greeting {9}= 'good morning'/,
  )
  expect(await run()).toEqual(good)
})

test('the next process takes the kept text', async () => {
  await run()
  const file = await keptFile()
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace('good morning', 'good evening'))
  expect(await run()).toEqual({ stdout: 'good evening', stderr: '' })
})

test('a module that was changed is not taken for what it was', async () => {
  await run()
  await put('greeting.ts', `export const greeting: string = 'good night'`)
  expect((await run()).stdout).toBe('good night')
})

test('what a crash left of a kept text is not taken for the whole', async () => {
  await run()
  const file = await keptFile()
  const text = await readFile(file, 'utf8')
  for (const left of ['', text.slice(0, 20), text.slice(0, -5), '\0'.repeat(text.length)]) {
    await writeFile(file, left)
    expect(await run()).toEqual(good)
  }
})

test('where nothing can be kept, modules are run all the same', async () => {
  await put('file', '')
  expect(await run({ NODE_COMPILE_CACHE: join(folder, 'file', 'kept') })).toEqual(good)
  expect(await run({ NODE_DISABLE_COMPILE_CACHE: '1' })).toEqual(good)
  expect(await readdir(folder)).not.toContain('kept')
})

test('where texts cannot be kept, modules are run all the same', async () => {
  await run()
  const file = await keptFile()
  // A folder in the way can be neither read nor written over, whoever we are.
  await rm(file)
  await mkdir(join(file, 'in the way'), { recursive: true })
  expect(await run()).toEqual(good)
})

test('a module that is no TypeScript is named', async () => {
  await put('greeting.ts', 'export const greeting: = 1')
  await expect(run()).rejects.toThrow(/greeting\.ts/)
})
