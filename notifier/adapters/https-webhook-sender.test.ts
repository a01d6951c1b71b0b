// Sending for real, on loopback: what a receiver, its name server and its network may do to us.
import type { LookupAddress } from 'node:dns'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server as TcpServer,
} from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { waitFor } from '../../platform/testing/wait-for.ts'
import { responseBytesMax } from '../limits.ts'
import {
  createHttpsWebhookSender,
  type HttpsWebhookSender,
  type Resolve,
} from './https-webhook-sender.ts'

const loopback = { allowedNetworks: ['127.0.0.0/8'], allowHttp: true }
const never = new AbortController().signal

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

async function listening(server: Server | TcpServer): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(async () => {
    if ('closeAllConnections' in server) server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return (server.address() as AddressInfo).port
}

const receiver = (listener: (...asked: Parameters<RequestListener>) => unknown) =>
  listening(createServer((...asked) => void listener(...asked)))

function sender(options: Parameters<typeof createHttpsWebhookSender>[0] = loopback) {
  const made: HttpsWebhookSender = createHttpsWebhookSender(options)
  closing.push(async () => made.close())
  return made
}

const parcel = (url: string) => ({ url, headers: { 'webhook-id': 'one' }, body: '{"größe":1}' })

const nowhere: Resolve = (_, __, done) =>
  done(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }), [])

/** A name server that answers in turn, the last answer again and again. */
function resolving(...answers: readonly (readonly string[])[]): Resolve & { asked: () => number } {
  let asked = 0
  const resolve: Resolve = (_, __, done) => {
    const addresses = answers[Math.min(asked, answers.length - 1)] ?? []
    asked += 1
    const found = addresses.map(
      (address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 }),
    )
    setImmediate(() => done(null, found))
  }
  return Object.assign(resolve, { asked: () => asked })
}

describe('a request', () => {
  test('arrives as it was made, and its answer is its status', async () => {
    const arrived: unknown[] = []
    const port = await receiver(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const { method, url, headers } = request
      arrived.push({
        method,
        url,
        id: headers['webhook-id'],
        body: Buffer.concat(chunks).toString(),
      })
      response.writeHead(202, { 'retry-after': '7' }).end('thank you')
    })
    const receipt = await sender().post(parcel(`http://127.0.0.1:${port}/hook?a=1`), never)
    expect(receipt).toEqual({ type: 'answered', status: 202, retryAfterMs: 7_000 })
    expect(arrived).toEqual([{ method: 'POST', url: '/hook?a=1', id: 'one', body: '{"größe":1}' }])
  })

  test('says when it may come again, by a date too', async () => {
    const port = await receiver((_, response) => {
      const date = new Date(Date.now() + 3_600_000).toUTCString()
      response.writeHead(503, { 'retry-after': date }).end()
    })
    const receipt = await sender().post(parcel(`http://127.0.0.1:${port}/`), never)
    expect(receipt).toMatchObject({ type: 'answered', status: 503 })
    const { retryAfterMs = 0 } = receipt as { retryAfterMs?: number }
    expect(Math.abs(retryAfterMs - 3_600_000)).toBeLessThan(120_000)
  })

  test('follows no redirect', async () => {
    let followed = 0
    const port = await receiver((request, response) => {
      if (request.url === '/there') followed += 1
      response.writeHead(302, { location: '/there' }).end()
    })
    const receipt = await sender().post(parcel(`http://127.0.0.1:${port}/`), never)
    expect(receipt).toEqual({ type: 'answered', status: 302 })
    expect(followed).toBe(0)
  })

  test('uses its connection again', async () => {
    const connections: (number | undefined)[] = []
    const port = await receiver((request, response) => {
      connections.push(request.socket.remotePort)
      response.end('ok')
    })
    const one = sender()
    // The answer is read to its end a moment after its status, and the connection is free only then.
    await waitFor(async () => {
      await one.post(parcel(`http://127.0.0.1:${port}/`), never)
      return new Set(connections).size < connections.length
    })
  })

  test('reads so much of an answer and no more', async () => {
    let written = 0
    let closed = false
    const port = await receiver((_, response) => {
      response.writeHead(200)
      const more = (): void => {
        if (closed) return
        written += 65_536
        if (response.write(Buffer.alloc(65_536))) setImmediate(more)
        else response.once('drain', more)
      }
      response.once('close', () => {
        closed = true
      })
      more()
    })
    const receipt = await sender().post(parcel(`http://127.0.0.1:${port}/`), never)
    expect(receipt).toEqual({ type: 'answered', status: 200 })
    await waitFor(() => closed)
    expect(written).toBeGreaterThan(responseBytesMax)
  })

  test('that is broken off, refused or cut is a receipt, and never throws', async () => {
    const cutting = await receiver((request) => request.socket.destroy())
    expect(await sender().post(parcel(`http://127.0.0.1:${cutting}/`), never)).toEqual({
      type: 'failed',
      reason: 'ECONNRESET',
    })
    const talking = await listening(
      createTcpServer((socket) => socket.resume().end('SMTP ready\r\n')),
    )
    const nonsense = await sender().post(parcel(`http://127.0.0.1:${talking}/`), never)
    expect(nonsense).toMatchObject({ type: 'failed', reason: expect.stringMatching(/^HPE_/u) })
    const silent = await receiver(() => {})
    const breaking = new AbortController()
    const broken = sender().post(parcel(`http://127.0.0.1:${silent}/`), breaking.signal)
    breaking.abort()
    expect(await broken).toEqual({ type: 'failed', reason: 'broken off' })
    const hasty = sender({ ...loopback, attemptMs: 50 })
    expect(await hasty.post(parcel(`http://127.0.0.1:${silent}/`), never)).toEqual({
      type: 'failed',
      reason: 'no answer in time',
    })
    const nobody = await sender().post(parcel('http://127.0.0.1:9/'), never)
    expect(nobody).toMatchObject({ type: 'failed' })
  })

  test('by https takes no certificate that nobody vouches for, and no plain answer', async () => {
    const plain = await receiver((_, response) => response.end())
    const receipt = await sender().post(parcel(`https://127.0.0.1:${plain}/`), never)
    expect(receipt).toMatchObject({ type: 'failed' })
  })
})

describe('a name', () => {
  const private4 = { allowedNetworks: [], allowHttp: true }

  test.each([
    ['leads to this machine', ['127.0.0.1']],
    ['leads to a private network', ['10.1.2.3']],
    ['leads to a public address and to a private one', ['93.184.216.34', '192.168.0.1']],
    ['leads to metadata of a cloud by IPv6', ['fd00:ec2::254']],
  ])('that %s is refused when it is given and when something is sent', async (_, addresses) => {
    const resolve = resolving(addresses)
    const one = sender({ ...private4, resolve })
    const why = await one.objection('https://inside.example/')
    expect(why).toMatch(/^inside\.example: \S+ is not a public address$/u)
    const receipt = await one.post(parcel('http://inside.example/'), never)
    expect(receipt).toEqual({ type: 'failed', reason: why })
  })

  test('that leads elsewhere after it was judged reaches nobody', async () => {
    let reached = 0
    const port = await receiver((_, response) => {
      reached += 1
      response.end()
    })
    const resolve = resolving(['93.184.216.34'], ['127.0.0.1'])
    const one = sender({ ...private4, resolve })
    expect(await one.objection(`http://rebinding.example:${port}/`)).toBeUndefined()
    const receipt = await one.post(parcel(`http://rebinding.example:${port}/`), never)
    expect(receipt).toMatchObject({ type: 'failed' })
    expect(reached).toBe(0)
    expect(resolve.asked()).toBe(2)
  })

  test('is judged by the very look-up that connects', async () => {
    let reached = 0
    const port = await receiver((_, response) => {
      reached += 1
      response.end()
    })
    // A second look-up would lead elsewhere.
    const resolve = resolving(['127.0.0.1'], ['203.0.113.1'])
    const one = sender({ ...loopback, resolve })
    const receipt = await one.post(parcel(`http://receiver.example:${port}/`), never)
    expect(receipt).toEqual({ type: 'answered', status: 200 })
    expect([reached, resolve.asked()]).toEqual([1, 1])
  })

  test('that leads nowhere is said so', async () => {
    const one = sender({ ...private4, resolve: nowhere })
    expect(await one.objection('https://nowhere.example/')).toBe('its name leads to no address')
  })

  test('that nobody answers for is not waited for', async () => {
    const one = sender({ ...private4, resolve: () => {} })
    expect(await one.objection('https://slow.example/')).toBe(
      'slow.example could not be looked up in time',
    )
  })
})
