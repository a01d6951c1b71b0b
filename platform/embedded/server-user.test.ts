import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isReachable, parseAccounts } from './server-user.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outcry-user-'))
  await chmod(folder, 0o755)
})

afterEach(() => rm(folder, { recursive: true }))

const stranger = { name: 'stranger', uid: 54_321, gid: 54_321 }

test('accounts are read without root, and with numbers as the kernel takes them', () => {
  const passwd = [
    '# a comment, as macOS has them',
    'root:x:0:0:root:/root:/bin/bash',
    'nobody:*:-2:-2:Unprivileged User:/var/empty:/usr/bin/false',
    'postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash',
    '',
  ].join('\n')
  expect(parseAccounts(passwd)).toEqual([
    { name: 'nobody', uid: 4_294_967_294, gid: 4_294_967_294 },
    { name: 'postgres', uid: 101, gid: 104 },
  ])
})

test('a folder is reachable where its user may pass every folder above', async () => {
  const inner = join(folder, 'outer', 'inner')
  await mkdir(inner, { recursive: true })
  expect(await isReachable(inner, stranger)).toBe(true)
  await chmod(join(folder, 'outer'), 0o700)
  expect(await isReachable(inner, stranger)).toBe(false)
  expect(await isReachable(inner, undefined)).toBe(true)
})

test('an owner goes by the owner’s rights, a member of the group by the group’s', async () => {
  await chmod(folder, 0o710)
  const owner = { name: 'owner', uid: process.getuid?.() ?? 0, gid: 1 }
  const member = { name: 'member', uid: 1, gid: process.getgid?.() ?? 0 }
  expect(await isReachable(folder, owner)).toBe(true)
  expect(await isReachable(folder, member)).toBe(true)
  expect(await isReachable(folder, stranger)).toBe(false)
})
