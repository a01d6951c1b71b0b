// Uploads through a real server and real sockets.
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { waitFor } from '../../platform/testing/wait-for.ts'
import { transferMsMax } from '../limits.ts'
import { bytesOf, expectProblem, MiB, nextKey, put, putAbcd } from './testing/object-client.ts'
import { type ObjectServer, startObjectServer } from './testing/object-server.ts'

let server: ObjectServer
beforeEach(async () => {
  server = await startObjectServer()
})
afterEach(() => server.close())

/** A PUT under way, whose bytes the test sends by hand. */
async function beginUpload(bytes: number, key = nextKey()) {
  const { url, headers } = await server.store.signUpload(key, { bytes, contentType: 'image/png' })
  const upload = request(url, { method: 'PUT', headers: { ...headers, 'content-length': bytes } })
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    upload.on('response', resolve).on('error', reject)
  })
  // Looked at by those tests which expect one.
  answer.catch(() => {})
  return { key, upload, answer }
}

const sent = (upload: ClientRequest, bytes: Buffer): Promise<void> =>
  new Promise((resolve) => void upload.write(bytes, () => resolve()))

describe('uploads', () => {
  test('of many MiB arrive as they were, and nothing half received stays', async () => {
    const bytes = bytesOf(25 * MiB)
    const key = await put(server, bytes)
    const object = await server.store.open(key)
    expect(object?.bytes).toBe(bytes.length)
    expect(bytes.equals((await object?.read(0, bytes.length)) ?? Buffer.alloc(0))).toBe(true)
    await object?.close()
    expect(await server.incoming()).toEqual([])
  })

  test('of several devices at once do not mix', async () => {
    const pictures = [1, 2, 3, 4].map((nth) => Buffer.alloc(2 * MiB, nth))
    const stored = await Promise.all(pictures.map((bytes) => put(server, bytes)))
    for (const [at, key] of stored.entries()) {
      const found = await server.store.inspect(key, 2 * MiB)
      expect(pictures[at]?.equals(found?.start ?? Buffer.alloc(0))).toBe(true)
    }
  })

  test('that come byte by byte are waited for', async () => {
    const { key, upload, answer } = await beginUpload(5)
    for (const letter of 'abcde') await sent(upload, Buffer.from(letter))
    upload.end()
    expect((await answer).statusCode).toBe(200)
    expect((await server.store.inspect(key, 9))?.start).toEqual(Buffer.from('abcde'))
  })

  test('wait for a disk that is slow: the sender is held back, and no memory fills', async () => {
    const slowDisk = Promise.withResolvers<void>()
    const slow = await startObjectServer({
      around: (handler) => async (asked) => {
        const answer = await handler(asked)
        if (answer.type !== 'receive') return answer
        const { receiver } = answer
        const write = async (chunk: Uint8Array): Promise<void> => {
          if (chunk.byteLength > 4) await slowDisk.promise
          await receiver.write(chunk)
        }
        const finish = (): Promise<void> => receiver.finish()
        return { ...answer, receiver: { write, finish, abort: () => receiver.abort() } }
      },
    })
    const bytes = 64 * MiB
    const large = await slow.store.signUpload('large', { bytes, contentType: 'image/png' })
    const upload = request(large.url, {
      method: 'PUT',
      headers: { ...large.headers, 'content-length': bytes },
    })
    const answer = new Promise<IncomingMessage>((resolve) => upload.on('response', resolve))
    upload.end(Buffer.alloc(bytes))
    await waitFor(async () => (await slow.incoming()).length === 1)
    // As long as the disk stands still most of it stays with its sender, however long that is.
    const small = await slow.store.signUpload('small', { bytes: 4, contentType: 'image/png' })
    for (let nth = 0; nth < 100; nth += 1) {
      expect((await putAbcd(small.url, small.headers)).status).toBe(200)
    }
    expect(upload.socket?.writableLength).toBeGreaterThan(bytes / 2)
    slowDisk.resolve()
    expect((await answer).statusCode).toBe(200)
    expect((await slow.store.inspect('large', 1))?.bytes).toBe(bytes)
    await slow.close()
  })

  test('one after the other use the same connection', async () => {
    const replies: string[] = []
    const socket = connect(server.port, '127.0.0.1')
    socket.on('data', (data) => replies.push(data.toString()))
    const big = bytesOf(3 * MiB)
    for (const bytes of [big, Buffer.from('abcd'), big]) {
      const { url, headers } = await server.store.signUpload(nextKey(), {
        bytes: bytes.length,
        contentType: 'image/png',
      })
      const { pathname, search } = new URL(url)
      const before = replies.length
      socket.write(
        `PUT ${pathname}${search} HTTP/1.1\r\nhost: x\r\ncontent-type: ${headers['content-type']}\r\ncontent-length: ${bytes.length}\r\n\r\n`,
      )
      socket.write(bytes)
      await waitFor(() => replies.length > before)
      expect(replies.at(-1)).toMatch(/^HTTP\/1\.1 200 /)
    }
    socket.destroy()
  })

  test('that are broken off leave nothing, and take no place', async () => {
    const { key, upload } = await beginUpload(2 * MiB)
    await sent(upload, bytesOf(MiB))
    await waitFor(async () => (await server.incoming()).length === 1)
    upload.destroy()
    await waitFor(async () => (await server.incoming()).length === 0)
    expect(await server.store.inspect(key, 1)).toBeUndefined()
    await server.transfers.drain(AbortSignal.timeout(5_000))
  })

  test('whose time is up before they are whole are a 408, and leave nothing', async () => {
    const { key, upload, answer } = await beginUpload(2 * MiB)
    await sent(upload, bytesOf(MiB))
    await waitFor(async () => (await server.incoming()).length === 1)
    server.clock.advance(transferMsMax)
    const response = await answer
    expect(response.statusCode).toBe(408)
    expect(JSON.parse((await response.toArray()).join(''))).toMatchObject({
      code: 'upload_too_slow',
    })
    expect(await server.incoming()).toEqual([])
    expect(await server.store.inspect(key, 1)).toBeUndefined()
    upload.destroy()
  })

  test('under a header that says another length are a 400 that names the right one', async () => {
    const link = await server.store.signUpload(nextKey(), { bytes: 4, contentType: 'image/png' })
    for (const body of ['abc', 'abcde', 'x'.repeat(3 * MiB)]) {
      const response = await fetch(link.url, { method: 'PUT', headers: link.headers, body })
      expect(await response.clone().json()).toMatchObject({ detail: 'expected exactly 4 bytes' })
      await expectProblem(response, 400, 'length_mismatch')
    }
  })

  test('without a length are a 411', async () => {
    const link = await server.store.signUpload(nextKey(), { bytes: 4, contentType: 'image/png' })
    const chunked = request(link.url, { method: 'PUT', headers: link.headers })
    const answer = new Promise<IncomingMessage>((resolve) => chunked.on('response', resolve))
    chunked.write('ab')
    chunked.end('cd')
    expect((await answer).statusCode).toBe(411)
  })

  test('of another type, with a link that was changed or has ended are a 403 that says which', async () => {
    const link = await server.store.signUpload(nextKey(), { bytes: 4, contentType: 'image/png' })
    await expectProblem(
      await putAbcd(link.url, { 'content-type': 'text/html' }),
      403,
      'link_invalid',
    )
    const changed = link.url.replace('bytes=4', 'bytes=5')
    await expectProblem(await putAbcd(changed, link.headers), 403, 'link_invalid')
    server.clock.advance(link.expiresAtMs - server.clock.nowMs())
    await expectProblem(await putAbcd(link.url, link.headers), 403, 'link_expired')
    expect(await server.incoming()).toEqual([])
  })

  test('that are refused and far too large are cut off, and hurt nobody else', async () => {
    const upload = request(`http://127.0.0.1:${server.port}/objects/uploads/x?signature=AAAA`, {
      method: 'PUT',
      headers: { 'content-type': 'image/png', 'content-length': 200 * MiB },
    })
    const ended = new Promise<void>((resolve) => {
      upload
        .on('error', () => resolve())
        .on('response', (response) => response.resume().on('close', resolve))
    })
    const piece = Buffer.alloc(MiB)
    const more = (): void => {
      while (!upload.destroyed && upload.write(piece));
    }
    upload.on('drain', more)
    more()
    await ended
    upload.destroy()
    await put(server, Buffer.from('abcd'))
  })
})
