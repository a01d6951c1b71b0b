// Downloads, and whatever else is asked of the bytes of attachments, through a real server.
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { describeObjectStore } from '../../platform/objects/object-store.contract.ts'
import { device } from '../../platform/objects/testing/device.ts'
import { VirtualClock } from '../../platform/testing/virtual-clock.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import { bytesOf, expectProblem, MiB, nextKey, put } from './testing/object-client.ts'
import { type ObjectServer, startObjectServer } from './testing/object-server.ts'

const page = 'https://market.example'
const picture = { fileName: 'lot.png', contentType: 'image/png', disposition: 'inline' } as const

let server: ObjectServer
beforeEach(async () => {
  server = await startObjectServer({ allowedOrigins: [page] })
})
afterEach(() => server.close())

describe('downloads', () => {
  test('of many MiB arrive as they are, with their length and as what they were signed', async () => {
    const bytes = bytesOf(25 * MiB)
    const { url } = await server.store.signDownload(await put(server, bytes), picture)
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
    const { url } = await server.store.signDownload(await put(server, bytes), picture)
    // Whoever does not take what has come is sent no more.
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(url).on('response', resolve).on('error', reject).end()
    })
    const others = await Promise.all([put(server, bytesOf(MiB)), put(server, bytesOf(MiB))])
    expect(others).toHaveLength(2)
    const taken: Buffer[] = []
    for await (const chunk of response as AsyncIterable<Buffer>) {
      taken.push(chunk)
      if (taken.length % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    expect(bytes.equals(Buffer.concat(taken))).toBe(true)
  })

  test('by HEAD are the headers alone', async () => {
    const { url } = await server.store.signDownload(await put(server, bytesOf(MiB)), picture)
    const response = await fetch(url, { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-length')).toBe(String(MiB))
    expect(await response.text()).toBe('')
  })

  test('that are broken off give their place back', async () => {
    const { url } = await server.store.signDownload(await put(server, bytesOf(25 * MiB)), picture)
    const download = request(url).end()
    const response = await new Promise<IncomingMessage>((resolve) => {
      download.on('response', resolve)
    })
    response.on('error', () => {})
    response.once('data', () => response.destroy())
    await server.transfers.drain(AbortSignal.timeout(5_000))
    await waitFor(() => response.destroyed)
    await put(server, Buffer.from('abcd'))
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
    const { url } = await server.store.signDownload(await put(server, Buffer.from('abcd')), picture)
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
    first.write('ab')
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
    ...device,
    close: () => own.close(),
  }
})
