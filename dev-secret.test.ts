import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { keptSecret } from './dev-secret.ts'
import { Failure } from './platform/failure.ts'

describe('the secret in the data folder', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outcry-secret-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  test('is made once, is long, and is nobody else’s to read', async () => {
    const secret = await keptSecret(folder)
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32)
    expect(await keptSecret(folder)).toBe(secret)
    expect((await stat(join(folder, 'jwt-secret'))).mode & 0o777).toBe(0o600)
  })

  test('is another one in another folder', async () => {
    expect(await keptSecret(join(folder, 'one'))).not.toBe(await keptSecret(join(folder, 'two')))
  })

  test('that was cut short is not used, and the reason does not tell it', async () => {
    await writeFile(join(folder, 'jwt-secret'), 'c2hvcnQ\n')
    const failure = await keptSecret(folder).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(Failure)
    expect(String(failure)).toMatch(/does not hold a secret/)
    expect(String(failure)).not.toContain('c2hvcnQ')
    expect(await readFile(join(folder, 'jwt-secret'), 'utf8')).toBe('c2hvcnQ\n')
  })

  test('where no folder can be made: one sentence', async () => {
    await writeFile(join(folder, 'file'), '')
    await expect(keptSecret(join(folder, 'file', 'data'))).rejects.toThrow(/cannot be written/)
  })
})
