// Socket.IO 4, on each of its two engines, as its documentation sets it up for speed: WebSocket alone, nothing
// compressed, the lot and the user as rooms.

import { App } from 'uWebSockets.js'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, type ServerOptions, type Socket } from 'socket.io'
import { messageOf } from './event.ts'
import { listening } from './listening.ts'
import { lotRoom, type Peer, publicationEvent, userRoom } from './peer.ts'

const options: Partial<ServerOptions> = {
  transports: ['websocket'],
  perMessageDeflate: false,
  serveClient: false,
}

export async function serveSocketIo(lotId: string): Promise<Peer> {
  const http = createServer()
  const io = new Server(http, options)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return peerOf(io, (http.address() as AddressInfo).port, lotId)
}

export async function serveSocketIoUws(lotId: string): Promise<Peer> {
  const app = App()
  const io = new Server(options)
  io.attachApp(app)
  return peerOf(io, await listening(app), lotId)
}

function peerOf(io: Server, port: number, lotId: string): Peer {
  io.on('connection', (socket: Socket) => {
    const { user } = socket.handshake.auth as { readonly user: string }
    void socket.join([lotRoom, userRoom(user)])
  })
  return {
    port,
    publish(events) {
      for (const event of events) io.to(lotRoom).emit(publicationEvent, messageOf(event, lotId))
    },
  }
}
