// What every object store must do, whatever keeps the objects. Adapters run this in their own test.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ObjectStore, SentAs } from './object-store.ts'

export interface ObjectStoreUnderTest {
  readonly store: ObjectStore
  /** The same store as it was so long ago that links made then have ended. */
  readonly longAgo: ObjectStore
  /** As a device does; the result is the status of HTTP. */
  put(url: string, headers: Readonly<Record<string, string>>, body: Uint8Array): Promise<number>
  get(url: string): Promise<Fetched>
  close(): Promise<void>
}

export interface Fetched {
  readonly status: number
  readonly contentType: string | null
  readonly disposition: string | null
  readonly body: Uint8Array
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const picture = { fileName: 'lot.png', contentType: 'image/png', disposition: 'inline' } as const
const letter: SentAs = {
  fileName: 'Übergabe "neu" (1).pdf',
  contentType: 'application/pdf',
  disposition: 'attachment',
}

/** Runs the suite against the store that `make` makes. Each test has keys of its own. */
export function describeObjectStore(name: string, make: () => Promise<ObjectStoreUnderTest>): void {
  describe(`${name} is an object store`, () => {
    let under: ObjectStoreUnderTest
    let keys = 0
    beforeAll(async () => {
      under = await make()
    })
    afterAll(() => under.close())

    const nextKey = (): string => {
      keys += 1
      return `uploads/object-${keys}`
    }
    async function stored(key: string, text: string, contentType = 'image/png'): Promise<void> {
      const body = bytesOf(text)
      const upload = await under.store.signUpload(key, { bytes: body.byteLength, contentType })
      expect(await under.put(upload.url, upload.headers, body)).toBe(200)
    }
    async function startOf(key: string): Promise<string | undefined> {
      const found = await under.store.inspect(key, 100)
      return found === undefined ? undefined : new TextDecoder().decode(found.start)
    }

    describe('uploads', () => {
      test('what a device puts lies under the key, with its length and its first bytes', async () => {
        const key = nextKey()
        await stored(key, 'abcdefgh')
        const found = await under.store.inspect(key, 3)
        expect(found?.bytes).toBe(8)
        expect(new TextDecoder().decode(found?.start)).toBe('abc')
        const whole = await under.store.inspect(key, 100)
        expect(new TextDecoder().decode(whole?.start)).toBe('abcdefgh')
      })

      test('nothing lies where nobody put anything', async () => {
        expect(await under.store.inspect(nextKey(), 10)).toBeUndefined()
      })

      test('a PUT whose answer was lost may be sent again', async () => {
        const key = nextKey()
        await stored(key, 'once')
        await stored(key, 'more')
        expect(await startOf(key)).toBe('more')
      })

      test.each([
        ['one byte more', 'abcde'],
        ['one byte less', 'abc'],
        ['nothing', ''],
      ])('%s than was announced is refused, and leaves nothing', async (_, text) => {
        const key = nextKey()
        const upload = await under.store.signUpload(key, { bytes: 4, contentType: 'image/png' })
        const status = await under.put(upload.url, upload.headers, bytesOf(text))
        expect(status).toBeGreaterThanOrEqual(400)
        expect(status).toBeLessThan(500)
        expect(await startOf(key)).toBeUndefined()
      })

      test('another type than was announced is refused', async () => {
        const key = nextKey()
        const upload = await under.store.signUpload(key, { bytes: 4, contentType: 'image/png' })
        const headers = { 'content-type': 'text/html' }
        expect(await under.put(upload.url, headers, bytesOf('abcd'))).toBe(403)
        expect(await startOf(key)).toBeUndefined()
      })

      test('a link that has ended is refused', async () => {
        const key = nextKey()
        const upload = await under.longAgo.signUpload(key, { bytes: 4, contentType: 'image/png' })
        expect(upload.expiresAtMs).toBeLessThan(Date.now())
        expect(await under.put(upload.url, upload.headers, bytesOf('abcd'))).toBe(403)
        expect(await startOf(key)).toBeUndefined()
      })

      test('a link is good for its key only', async () => {
        const [key, other] = [nextKey(), nextKey()]
        const upload = await under.store.signUpload(key, { bytes: 4, contentType: 'image/png' })
        const forged = upload.url.replace(`${key}?`, `${other}?`)
        expect(forged).not.toBe(upload.url)
        expect(await under.put(forged, upload.headers, bytesOf('abcd'))).toBe(403)
        expect(await startOf(other)).toBeUndefined()
      })

      test('a link to fetch is none to put', async () => {
        const key = nextKey()
        const download = await under.store.signDownload(key, picture)
        const headers = { 'content-type': 'image/png' }
        expect(await under.put(download.url, headers, bytesOf('abcd'))).toBe(403)
        expect(await startOf(key)).toBeUndefined()
      })
    })

    describe('downloads', () => {
      test('are the bytes as they were put, under the type and the name that were signed', async () => {
        const key = nextKey()
        await stored(key, 'the letter', 'application/pdf')
        const download = await under.store.signDownload(key, letter)
        const fetched = await under.get(download.url)
        expect(fetched.status).toBe(200)
        expect(new TextDecoder().decode(fetched.body)).toBe('the letter')
        expect(fetched.contentType).toBe('application/pdf')
        expect(fetched.disposition).toBe(
          `attachment; filename="_bergabe _neu_ (1).pdf"; filename*=UTF-8''%C3%9Cbergabe%20%22neu%22%20%281%29.pdf`,
        )
      })

      test('under the longest name that may be are no longer than a request may be', async () => {
        const key = nextKey()
        await stored(key, 'abcd')
        const fileName = `${'文'.repeat(251)}.png`
        const { url } = await under.store.signDownload(key, { ...picture, fileName })
        const fetched = await under.get(url)
        expect(fetched.status).toBe(200)
        expect(fetched.disposition).toMatch(/filename\*=UTF-8''%E6%96%87.*\.png$/)
      })

      test('of what is not there are a 404', async () => {
        const download = await under.store.signDownload(nextKey(), picture)
        expect((await under.get(download.url)).status).toBe(404)
      })

      test('end with their link', async () => {
        const key = nextKey()
        await stored(key, 'abcd')
        const download = await under.longAgo.signDownload(key, picture)
        expect((await under.get(download.url)).status).toBe(403)
      })

      test('are for what was signed only: no other key, no other type', async () => {
        const [key, other] = [nextKey(), nextKey()]
        await stored(key, 'abcd')
        await stored(other, 'secret')
        const { url } = await under.store.signDownload(key, picture)
        const otherKey = url.replace(`${key}?`, `${other}?`)
        const otherType = url.replace('image%2Fpng', 'text%2Fhtml')
        for (const forged of [otherKey, otherType]) {
          expect(forged).not.toBe(url)
          expect((await under.get(forged)).status).toBe(403)
        }
      })
    })

    describe('moving and removing', () => {
      test('a moved object lies where it was moved to, and a link to put does not reach it', async () => {
        const [key, to] = [nextKey(), nextKey()]
        const upload = await under.store.signUpload(key, { bytes: 4, contentType: 'image/png' })
        expect(await under.put(upload.url, upload.headers, bytesOf('good'))).toBe(200)
        expect(await under.store.move(key, to)).toBe(true)
        expect(await startOf(key)).toBeUndefined()
        expect(await under.put(upload.url, upload.headers, bytesOf('evil'))).toBe(200)
        expect(await startOf(to)).toBe('good')
      })

      test('nothing is moved into the place of another object', async () => {
        const [key, to] = [nextKey(), nextKey()]
        await stored(to, 'first')
        await stored(key, 'later')
        expect(await under.store.move(key, to)).toBe(true)
        expect(await startOf(to)).toBe('first')
        expect(await startOf(key)).toBeUndefined()
      })

      test('where there is nothing nothing is moved', async () => {
        const [key, to] = [nextKey(), nextKey()]
        expect(await under.store.move(key, to)).toBe(false)
        await stored(to, 'there')
        expect(await under.store.move(key, to)).toBe(false)
        expect(await startOf(to)).toBe('there')
      })

      test('a removed object is gone, and removing it again is no error', async () => {
        const key = nextKey()
        await stored(key, 'abcd')
        await under.store.remove(key)
        expect(await startOf(key)).toBeUndefined()
        await under.store.remove(key)
      })
    })

    test.each([
      '',
      '/',
      '../x',
      'a/../b',
      'a//b',
      '/etc/passwd',
      'a/',
      '.incoming/x',
      'a\0b',
      'ä',
      'a b',
      'a'.repeat(256),
    ])('the key %j is none', async (key) => {
      const object = { bytes: 1, contentType: 'image/png' }
      await expect(under.store.signUpload(key, object)).rejects.toThrow(/key/)
      await expect(under.store.signDownload(key, picture)).rejects.toThrow(/key/)
      await expect(under.store.inspect(key, 1)).rejects.toThrow(/key/)
      await expect(under.store.remove(key)).rejects.toThrow(/key/)
    })
  })
}
