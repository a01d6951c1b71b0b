// The `ws` package, with what one writes around it: who watches, and a loop.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { messageOf } from './event.ts'
import { type Peer, plainWords } from './peer.ts'

export async function serveWs(lotId: string): Promise<Peer> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  const watchers = new Set<WebSocket>()
  const ofUser = new Map<string, WebSocket>()
  server.on('connection', (socket) => {
    socket.once('message', (message) => {
      const user = (message as Buffer).toString().slice(plainWords.join.length)
      watchers.add(socket)
      ofUser.set(user, socket)
      socket.once('close', () => {
        watchers.delete(socket)
        ofUser.delete(user)
      })
      socket.send(plainWords.joined)
    })
  })
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    publish(events) {
      for (const event of events) {
        const message = JSON.stringify(messageOf(event, lotId))
        for (const watcher of watchers) watcher.send(message)
      }
    },
  }
}
