// The bytes of attachments through a real server and real sockets.
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { describeObjectStore } from '../../platform/objects/object-store.contract.ts'
import { VirtualClock } from '../../platform/testing/virtual-clock.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import { transferMsMax } from '../limits.ts'
import { type ObjectServer, startObjectServer } from './testing/object-server.ts'

const MiB = 1024 * 1024
const page = 'https://market.example'
const picture = { fileName: 'lot.png', contentType: 'image/png', disposition: 'inline' } as const

/** No two pieces of it are alike. */
function bytesOf(count: number): Buffer {
  const bytes = Buffer.alloc(count)
  for (let at = 0; at + 4 <= count; at += 4) bytes.writeUInt32LE(at, at)
  return bytes
}

let keys = 0
const nextKey = (): string => {
  keys += 1
  return `uploads/object-${keys}`
}

let server: ObjectServer
beforeEach(async () => {
  server = await startObjectServer({ allowedOrigins: [page] })
})
afterEach(() => server.close())

async function put(bytes: Buffer, key = nextKey(), contentType = 'image/png'): Promise<string> {
  const { url, headers } = await server.store.signUpload(key, {
    bytes: bytes.length,
    contentType,
  })
  const response = await fetch(url, { method: 'PUT', headers, body: new Uint8Array(bytes) })
  expect(response.status).toBe(200)
  return key
}

async function expectProblem(response: Response, status: number, code: string): Promise<void> {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  expect(await response.json()).toMatchObject({ status, code })
  expect(response.status).toBe(status)
}

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
    const key = await put(bytes)
    const object = await server.store.open(key)
    expect(object?.bytes).toBe(bytes.length)
    expect(bytes.equals((await object?.read(0, bytes.length)) ?? Buffer.alloc(0))).toBe(true)
    await object?.close()
    expect(await server.incoming()).toEqual([])
  })

  test('of several devices at once do not mix', async () => {
    const pictures = [1, 2, 3, 4].map((nth) => Buffer.alloc(2 * MiB, nth))
    const stored = await Promise.all(pictures.map((bytes) => put(bytes)))
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
    await put(Buffer.from('abcd'))
  })
})

describe('downloads', () => {
  test('of many MiB arrive as they are, with their length and as what they were signed', async () => {
    const bytes = bytesOf(25 * MiB)
    const { url } = await server.store.signDownload(await put(bytes), picture)
    const response = await fetch(url)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-length': String(bytes.length),
      'content-type': 'image/png',
      'content-disposition': `inline; filename="lot.png"; filename*=UTF-8''lot.png`,
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, max-age=3600, immutable',
    })
    expect(bytes.equals(Buffer.from(await response.arrayBuffer()))).toBe(true)
  })

  test('of somebody who reads slowly wait for the reader, and arrive whole', async () => {
    const bytes = bytesOf(25 * MiB)
    const { url } = await server.store.signDownload(await put(bytes), picture)
    // Whoever does not take what has come is sent no more.
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(url).on('response', resolve).on('error', reject).end()
    })
    const others = await Promise.all([put(bytesOf(MiB)), put(bytesOf(MiB))])
    expect(others).toHaveLength(2)
    const taken: Buffer[] = []
    for await (const chunk of response as AsyncIterable<Buffer>) {
      taken.push(chunk)
      if (taken.length % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    expect(bytes.equals(Buffer.concat(taken))).toBe(true)
  })

  test('by HEAD are the headers alone', async () => {
    const { url } = await server.store.signDownload(await put(bytesOf(MiB)), picture)
    const response = await fetch(url, { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-length')).toBe(String(MiB))
    expect(await response.text()).toBe('')
  })

  test('that are broken off give their place back', async () => {
    const { url } = await server.store.signDownload(await put(bytesOf(25 * MiB)), picture)
    const download = request(url).end()
    const response = await new Promise<IncomingMessage>((resolve) => {
      download.on('response', resolve)
    })
    response.on('error', () => {})
    response.once('data', () => response.destroy())
    await server.transfers.drain(AbortSignal.timeout(5_000))
    await waitFor(() => response.destroyed)
    await put(Buffer.from('abcd'))
  })

  test('of what is not there are a 404', async () => {
    const { url } = await server.store.signDownload(nextKey(), picture)
    await expectProblem(await fetch(url), 404, 'not_found')
  })
})

describe('hostile requests', () => {
  test.each([
    '/objects/',
    '/objects/..',
    '/objects/../../etc/passwd',
    '/objects/%2e%2e/%2e%2e/etc/passwd',
    '/objects//etc/passwd',
    '/objects/.incoming/x',
    `/objects/${'a'.repeat(3_000)}`,
    '/objects/uploads/x?signature=%00&expires=-1&bytes=NaN',
  ])('GET and PUT %s are a 403', async (path) => {
    for (const method of ['GET', 'PUT']) {
      const answer = await raw(`${method} ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n`)
      expect(answer).toMatch(/^HTTP\/1\.1 403 /)
    }
  })

  test('other methods are a 405', async () => {
    const url = `http://127.0.0.1:${server.port}/objects/uploads/x`
    for (const method of ['POST', 'DELETE', 'PATCH']) {
      const response = await fetch(url, { method })
      expect(response.headers.get('allow')).toBe('GET, PUT')
      await expectProblem(response, 405, 'method_not_allowed')
    }
  })

  test('paths that only look alike are not ours', async () => {
    const origin = `http://127.0.0.1:${server.port}`
    expect((await fetch(`${origin}/objectsx`)).status).toBe(418)
    expect((await fetch(`${origin}/v1/lots`)).status).toBe(418)
  })
})

describe('web pages', () => {
  test('of an allowed origin may put and get, as a preflight tells', async () => {
    const { url } = await server.store.signUpload(nextKey(), { bytes: 4, contentType: 'image/png' })
    const headers = { origin: page, 'access-control-request-method': 'PUT' }
    const preflight = await fetch(url, { method: 'OPTIONS', headers })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe(page)
    expect(preflight.headers.get('access-control-allow-methods')).toBe('GET, PUT, OPTIONS')
  })

  test('of another origin may not', async () => {
    const { url } = await server.store.signDownload(await put(Buffer.from('abcd')), picture)
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'PUT' }
    await expectProblem(await fetch(url, { method: 'OPTIONS', headers }), 403, 'origin_not_allowed')
    const response = await fetch(url, { headers })
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('many at once', () => {
  test('are told to wait where there is no room, and counted', async () => {
    const small = await startObjectServer({ transfersMax: 1 })
    const link = await small.store.signUpload(nextKey(), { bytes: 4, contentType: 'image/png' })
    const first = request(link.url, {
      method: 'PUT',
      headers: { ...link.headers, 'content-length': 4 },
    })
    const answer = new Promise<IncomingMessage>((resolve) => first.on('response', resolve))
    await sent(first, Buffer.from('ab'))
    await waitFor(async () => (await small.incoming()).length === 1)
    const second = await fetch(link.url, { method: 'PUT', headers: link.headers, body: 'abcd' })
    expect(second.headers.get('retry-after')).toBe('2')
    await expectProblem(second, 503, 'overloaded')
    first.end('cd')
    expect((await answer).statusCode).toBe(200)
    const third = await fetch(link.url, { method: 'PUT', headers: link.headers, body: 'abcd' })
    expect(third.status).toBe(200)
    expect(await small.metrics()).toContain(
      'outcry_http_requests_total{resource="/objects/{key}",status="200",role="test"} 2',
    )
    await small.close()
  })
})

function putAbcd(url: string, headers: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(url, { method: 'PUT', headers, body: 'abcd' })
}

/** One request as it stands, and the head of what comes back. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(text))
    socket.once('data', (data) => {
      resolve(data.toString())
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

describeObjectStore('a folder behind the gateway', async () => {
  const own = await startObjectServer()
  const longAgo = await own.storeAt(new VirtualClock(Date.now() - 86_400_000))
  return {
    store: own.store,
    longAgo,
    async put(url, headers, body) {
      const response = await fetch(url, { method: 'PUT', headers, body: Buffer.from(body) })
      await response.arrayBuffer()
      return response.status
    },
    async get(url) {
      const response = await fetch(url)
      return {
        status: response.status,
        contentType: response.headers.get('content-type'),
        disposition: response.headers.get('content-disposition'),
        body: new Uint8Array(await response.arrayBuffer()),
      }
    },
    close: () => own.close(),
  }
})
