// The store in a folder, by itself; the gateway's tests run its contract through a real server.
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Failure } from '../failure.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { type FolderObjectStore, openFolderObjectStore } from './folder-object-store.ts'
import { downloadLinkMs, leftoverMs, uploadLinkMs } from './limits.ts'
import { ObjectLengthError } from './object-folder.ts'

const secret = 'a secret of the tests, long enough'
const picture = { fileName: 'lot.png', contentType: 'image/png', disposition: 'inline' } as const
const upload = { bytes: 4, contentType: 'image/png' }
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

let folder: string
let clock: VirtualClock
let store: FolderObjectStore
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outcry-objects-'))
  clock = new VirtualClock(Date.now())
  store = await openFolderObjectStore({ folder, secret, clock })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const incoming = (): Promise<string[]> => readdir(join(folder, '.incoming'))

/** As a server hands them over: path and query. */
function partsOf(url: string): [path: string, query: string] {
  const [path = '', query = ''] = url.split('?')
  return [path, query]
}

describe('what is received', () => {
  test('has its name when it is whole, and not before', async () => {
    const receiver = await store.receive('uploads/a', 4)
    await receiver.write(bytesOf('ab'))
    expect(await store.inspect('uploads/a', 9)).toBeUndefined()
    await receiver.write(bytesOf('cd'))
    expect(await store.inspect('uploads/a', 9)).toBeUndefined()
    await receiver.finish()
    expect(await readFile(join(folder, 'uploads', 'a'), 'utf8')).toBe('abcd')
    expect(await incoming()).toEqual([])
  })

  test('leaves nothing where it is given up, too long or too short', async () => {
    const given = await store.receive('uploads/a', 4)
    await given.write(bytesOf('abc'))
    await given.abort()
    await given.abort()
    const long = await store.receive('uploads/a', 4)
    await expect(long.write(bytesOf('abcde'))).rejects.toThrow(ObjectLengthError)
    await long.abort()
    const short = await store.receive('uploads/a', 4)
    await short.write(bytesOf('abc'))
    await expect(short.finish()).rejects.toThrow(ObjectLengthError)
    expect(await incoming()).toEqual([])
    expect(await store.inspect('uploads/a', 9)).toBeUndefined()
  })

  test('that fails or is short takes nothing away from what was there', async () => {
    const first = await store.receive('uploads/a', 4)
    await first.write(bytesOf('good'))
    await first.finish()
    const second = await store.receive('uploads/a', 4)
    await second.write(bytesOf('ev'))
    await second.abort()
    expect(await readFile(join(folder, 'uploads', 'a'), 'utf8')).toBe('good')
  })

  test('two at once do not mix', async () => {
    const [one, two] = await Promise.all([store.receive('a', 4), store.receive('a', 4)])
    await Promise.all([one.write(bytesOf('11')), two.write(bytesOf('22'))])
    await Promise.all([one.write(bytesOf('11')), two.write(bytesOf('22'))])
    await one.finish()
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('1111')
    await two.finish()
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('2222')
  })

  test('half, and left behind by a process that died, is thrown away a day later', async () => {
    const names = ['old', 'young']
    for (const name of names) await writeFile(join(folder, '.incoming', name), 'half')
    const seconds = (clock.nowMs() - leftoverMs) / 1_000 - 1
    await utimes(join(folder, '.incoming', 'old'), seconds, seconds)
    await openFolderObjectStore({ folder, secret, clock })
    expect(await incoming()).toEqual(['young'])
  })
})

test('an object that is removed while it is read is read to its end', async () => {
  const receiver = await store.receive('a', 4)
  await receiver.write(bytesOf('abcd'))
  await receiver.finish()
  const object = await store.open('a')
  await store.remove('a')
  expect(object?.bytes).toBe(4)
  expect(new TextDecoder().decode(await object?.read(1, 100))).toBe('bcd')
  await object?.close()
  expect(await store.open('a')).toBeUndefined()
})

describe('links', () => {
  test('allow what was signed until they end, and no longer', async () => {
    const put = await store.signUpload('uploads/a', upload)
    const get = await store.signDownload('uploads/a', picture)
    expect(put.expiresAtMs - clock.nowMs()).toBe(uploadLinkMs)
    expect(store.allowedBy('PUT', ...partsOf(put.url))).toEqual({
      method: 'PUT',
      key: 'uploads/a',
      expiresAtMs: put.expiresAtMs,
      ...upload,
    })
    const allowed = { method: 'GET', key: 'uploads/a', expiresAtMs: get.expiresAtMs, ...picture }
    expect(store.allowedBy('GET', ...partsOf(get.url))).toEqual(allowed)
    expect(store.allowedBy('HEAD', ...partsOf(get.url))).toEqual(allowed)
    clock.advance(uploadLinkMs - 1)
    expect(store.allowedBy('PUT', ...partsOf(put.url))).toMatchObject({ method: 'PUT' })
    clock.advance(1)
    expect(store.allowedBy('PUT', ...partsOf(put.url))).toBe('expired')
    clock.advance(downloadLinkMs - uploadLinkMs)
    expect(store.allowedBy('GET', ...partsOf(get.url))).toBe('expired')
  })

  test('with anything changed are forged: method, key, each field, the signature', async () => {
    const [path, query] = partsOf((await store.signUpload('uploads/a', upload)).url)
    expect(store.allowedBy('PUT', path, query)).toMatchObject({ method: 'PUT' })
    const fields = [...new URLSearchParams(query)]
    expect(fields.map(([name]) => name).toSorted()).toEqual([
      'bytes',
      'expires',
      'signature',
      'type',
    ])
    for (const [name, value] of fields) {
      const changed = new URLSearchParams(query)
      changed.set(
        name,
        value.replace(/.$/, (last) => (last === '9' ? '8' : '9')),
      )
      expect(store.allowedBy('PUT', path, changed.toString()), name).toBe('forged')
      changed.delete(name)
      expect(store.allowedBy('PUT', path, changed.toString()), name).toBe('forged')
    }
    for (const method of ['GET', 'HEAD', 'POST', 'DELETE', 'put']) {
      expect(store.allowedBy(method, path, query)).toBe('forged')
    }
    for (const other of ['/objects/uploads/b', '/objects/', '/objects', '/x/uploads/a', '']) {
      expect(store.allowedBy('PUT', other, query)).toBe('forged')
    }
  })

  test('of another deployment are forged', async () => {
    const other = await openFolderObjectStore({ folder, secret: `${secret}!`, clock })
    const { url } = await other.signUpload('uploads/a', upload)
    expect(store.allowedBy('PUT', ...partsOf(url))).toBe('forged')
  })

  test('to a path out of the folder lead nowhere, whatever is in them', () => {
    for (const path of [
      '/objects/../x',
      '/objects/%2e%2e/x',
      '/objects//etc/passwd',
      '/objects/\0',
    ]) {
      expect(store.allowedBy('GET', path, 'signature=AAAA')).toBe('forged')
    }
  })

  test('begin with the public address where there is one', async () => {
    const publicUrl = 'https://chat.example/'
    const named = await openFolderObjectStore({ folder, secret, clock, publicUrl })
    const { url } = await named.signUpload('uploads/a', upload)
    expect(url).toMatch(/^https:\/\/chat\.example\/objects\/uploads\/a\?/)
  })
})

test('a folder that can not be written ends the start with a sentence for the operator', async () => {
  await writeFile(join(folder, 'file'), '')
  const opening = openFolderObjectStore({ folder: join(folder, 'file'), secret, clock })
  await expect(opening).rejects.toThrow(Failure)
  await expect(opening).rejects.toThrow(/cannot be used/)
})
