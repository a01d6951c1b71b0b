// What deploy/haproxy.cfg promises, by HAProxy itself.
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { waitFor } from '../platform/testing/wait-for.ts'
import { LoadBalancer, PlayedGateway } from './testing/load-balancer.ts'
import { installMs } from './testing/tools.ts'

const whoAnswers = async (client: WebSocket) => {
  client.send('who?')
  const [data] = (await once(client, 'message')) as [Buffer]
  return data.toString()
}

describe('HAProxy in front of two gateways', () => {
  let first: PlayedGateway
  let second: PlayedGateway
  let balancer: LoadBalancer
  const clients: WebSocket[] = []

  beforeAll(async () => {
    first = await PlayedGateway.start('first')
    second = await PlayedGateway.start('second')
    balancer = await LoadBalancer.start([first, second])
  }, installMs)
  afterAll(async () => {
    await balancer?.stop()
    await first?.stop()
    await second?.stop()
  })
  beforeEach(async () => {
    for (const gateway of [first, second]) {
      Object.assign(gateway, { isReady: true, takesTraffic: true })
      gateway.requests.length = 0
    }
    await waitFor(async () => (await balancer.inService()) === 2)
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) client.terminate()
    await waitFor(() => first.sockets.size + second.sockets.size === 0)
  })

  const connect = async (headers: Record<string, string> = {}) => {
    const client = new WebSocket(`ws://127.0.0.1:${balancer.port}/connection/websocket`, {
      headers,
    })
    clients.push(client)
    await once(client, 'open')
    return client
  }
  const post = async () =>
    await fetch(`http://127.0.0.1:${balancer.port}/v1/lots/x/bids`, { method: 'POST', body: '{}' })
  const requestsOf = (method: string) =>
    [...first.requests, ...second.requests].filter((request) => request.method === method)

  test('sockets are shared out, and no client is tied to a gateway', async () => {
    for (let opened = 0; opened < 6; opened += 1) await connect()
    expect(first.sockets.size + second.sockets.size).toBe(6)
    expect(first.sockets.size).toBeGreaterThan(1)
    expect(second.sockets.size).toBeGreaterThan(1)
  })

  test('a socket that a draining gateway refuses is taken by the other, and nobody notices', async () => {
    // Its check has not seen it yet.
    first.takesTraffic = false
    const answers = []
    for (let opened = 0; opened < 4; opened += 1) answers.push(await whoAnswers(await connect()))
    expect(new Set(answers)).toEqual(new Set(['second: who?']))
    expect(first.requests).not.toEqual([])
  })

  test('a command is never sent twice: its sender hears of the refusal', async () => {
    for (const gateway of [first, second]) gateway.takesTraffic = false
    const answer = await post()
    expect(answer.status).toBe(503)
    expect(await answer.text()).toMatch(/^(?:first|second)$/u)
    expect(requestsOf('POST')).toHaveLength(1)
  })

  test('a gateway that is not ready gets nothing more, and keeps the sockets it has', async () => {
    const early = [await connect(), await connect()]
    const kept = await Promise.all(early.map(whoAnswers))
    expect(new Set(kept)).toEqual(new Set(['first: who?', 'second: who?']))
    first.isReady = false
    await waitFor(async () => (await balancer.inService()) === 1)
    const late = [await connect(), await connect(), await connect()]
    for (const client of late) expect(await whoAnswers(client)).toBe('second: who?')
    expect(await Promise.all(early.map(whoAnswers))).toEqual(kept)
  })

  test('the client’s address and scheme are HAProxy’s word, whatever the client wrote', async () => {
    await connect({ 'x-forwarded-for': '10.1.1.1', 'x-forwarded-proto': 'https' })
    const [request] = requestsOf('GET')
    expect(request?.headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
    })
  })

  test('with no gateway ready it says so, and takes clients again as soon as one is', async () => {
    first.isReady = false
    second.isReady = false
    await waitFor(async () => (await balancer.inService()) === 0)
    expect((await post()).status).toBe(503)
    expect(requestsOf('POST')).toEqual([])
    second.isReady = true
    await waitFor(async () => (await balancer.inService()) === 1)
    expect(await whoAnswers(await connect())).toBe('second: who?')
  })
})
