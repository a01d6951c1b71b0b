import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { serverProgram } from './server-program.ts'

/** No machine has it, so what PATH leads to is the test's own. */
const wanted = {
  program: 'outcry-test-server',
  variable: 'TEST_SERVER_BIN',
  packages: { apt: 'outcry-apt', homebrew: 'outcry-brew' },
}

const never = async () => {
  throw new Error('nothing is to be installed')
}

describe('a server program', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outcry-program-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const makeProgram = async (name = wanted.program) => {
    const path = join(folder, name)
    await writeFile(path, '#!/bin/sh\n')
    await chmod(path, 0o755)
    return path
  }

  test('is what PATH leads to', async () => {
    const path = await makeProgram()
    const environment = { PATH: `/nowhere:${folder}` }
    expect(await serverProgram(wanted, { environment, run: never })).toBe(path)
  })

  test('is what its variable names, whatever PATH leads to', async () => {
    await makeProgram()
    const own = await makeProgram('own-build')
    const environment = { PATH: folder, TEST_SERVER_BIN: own }
    expect(await serverProgram(wanted, { environment, run: never })).toBe(own)
  })

  test('a variable that names nothing is told, and nothing is installed instead', async () => {
    const environment = { PATH: folder, TEST_SERVER_BIN: join(folder, 'gone') }
    await expect(serverProgram(wanted, { environment, run: never })).rejects.toThrow(
      /TEST_SERVER_BIN is .*gone, which is no program/u,
    )
  })

  test.each([
    { isRoot: true, asked: 'apt-get install' },
    { isRoot: false, asked: 'sudo -n apt-get install' },
  ])('is installed where it is missing (root: $isRoot)', async ({ isRoot, asked }) => {
    const commands: string[] = []
    const run = async (command: string, args: readonly string[]) => {
      commands.push([command, ...args].join(' '))
      await makeProgram()
    }
    const onInstall = () => commands.push('told')
    const environment = { PATH: folder }
    const path = await serverProgram(wanted, { environment, isRoot, run, onInstall })
    expect(path).toBe(join(folder, wanted.program))
    expect(commands).toEqual(['told', expect.stringContaining(asked)])
  })

  test('is looked for in newer lists, and at Homebrew, before one sentence says what to install', async () => {
    const commands: string[] = []
    const run = async (command: string, args: readonly string[]) => {
      commands.push([command, args[0]].join(' '))
      if (args[0] === 'install') throw new Error('no such package')
    }
    const attempt = serverProgram(wanted, { environment: { PATH: folder }, isRoot: true, run })
    await expect(attempt).rejects.toThrow(
      /no outcry-test-server.*apt-get install outcry-apt.*brew install outcry-brew.*TEST_SERVER_BIN/u,
    )
    expect(commands).toEqual([
      'apt-get install',
      'apt-get update',
      'apt-get install',
      'brew install',
    ])
  })
})
