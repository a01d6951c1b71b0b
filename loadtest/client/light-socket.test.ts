// The light socket against the server of the `ws` package, which knows the whole of WebSocket.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { waitFor } from '../../platform/testing/wait-for.ts'
import { type Endpoint, endpointOf, LightSocket } from './light-socket.ts'

let server: WebSocketServer
let endpoint: Endpoint

beforeAll(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  await once(server, 'listening')
  endpoint = endpointOf(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, 'json')
})

afterAll(() => {
  for (const client of server.clients) client.terminate()
  server.close()
})

class Listener extends LightSocket {
  readonly messages: string[] = []
  readonly ends: [number, string][] = []
  dial(): void {
    this.open(endpoint)
  }
  protected override opened(): void {}
  protected override received(message: Buffer, isBinary: boolean): void {
    this.messages.push(`${isBinary ? 'bytes' : 'text'} ${message.toString()}`)
  }
  protected override ended(code: number, reason: string): void {
    this.ends.push([code, reason])
  }
}

async function meet(): Promise<{ readonly here: Listener; readonly there: WebSocket }> {
  const arrival = once(server, 'connection')
  const here = new Listener()
  here.dial()
  const [there] = (await arrival) as [WebSocket]
  await waitFor(() => here.isOpen)
  return { here, there }
}

test('messages go both ways, as text and as bytes', async () => {
  const { here, there } = await meet()
  const heard: string[] = []
  there.on('message', (data: Buffer, isBinary) => heard.push(`${isBinary} ${data.toString()}`))
  here.send('Grüße')
  here.send(Buffer.from('bytes'))
  await waitFor(() => heard.length === 2)
  expect(heard).toEqual(['false Grüße', 'true bytes'])
  there.send('🏮')
  there.send(Buffer.from('raw'))
  await waitFor(() => here.messages.length === 2)
  expect(here.messages).toEqual(['text 🏮', 'bytes raw'])
  here.close()
})

test('a message of a megabyte comes whole, and so does one in pieces', async () => {
  const { here, there } = await meet()
  there.send('x'.repeat(1_000_000))
  there.send('one, ', { fin: false })
  there.ping()
  there.send('two, ', { fin: false })
  there.send('three', { fin: true })
  await waitFor(() => here.messages.length === 2)
  expect(here.messages[0]).toHaveLength(1_000_005)
  expect(here.messages[1]).toBe('text one, two, three')
  here.close()
})

test('a ping of the server is answered', async () => {
  const { here, there } = await meet()
  const pong = once(there, 'pong')
  there.ping('are you there')
  expect(String((await pong)[0])).toBe('are you there')
  here.close()
})

test('who hangs up is told apart: the server by its code, nobody by 1006, oneself by 1000', async () => {
  const [left, cut, own] = [await meet(), await meet(), await meet()]
  left.there.close(3001, 'shutdown')
  cut.there.terminate()
  const closed = once(own.there, 'close')
  own.here.close()
  expect((await closed)[0]).toBe(1_000)
  await waitFor(() => [left, cut, own].every(({ here }) => here.ends.length === 1))
  expect([left, cut, own].map(({ here }) => here.ends[0])).toEqual([
    [3001, 'shutdown'],
    [1006, ''],
    [1000, ''],
  ])
})

test('whoever does not read is sent nothing more, until it reads again', async () => {
  const { here, there } = await meet()
  here.pause()
  for (let nth = 0; nth < 64; nth += 1) there.send('x'.repeat(1_000_000))
  await waitFor(() => there.bufferedAmount > 0)
  expect(here.messages.length).toBeLessThan(64)
  here.resume()
  await waitFor(() => here.messages.length === 64)
  here.close()
})
