// uWebSockets.js by itself: the least that a server on it can cost.
import { App, type WebSocket } from 'uWebSockets.js'
import type { LotEvent } from '../../protocol/engine.ts'
import { messageOf } from './event.ts'
import { listening } from './listening.ts'
import { lotRoom, type Peer, plainWords, userRoom } from './peer.ts'

type Socket = WebSocket<unknown>

/** @param each encodes and sends an event for every socket anew, as one would without topics */
export async function serveRaw(lotId: string, each: boolean): Promise<Peer> {
  const sockets = new Set<Socket>()
  const app = App().ws('/*', {
    message(socket, message) {
      const user = Buffer.from(message).toString().slice(plainWords.join.length)
      sockets.add(socket)
      socket.subscribe(lotRoom)
      socket.subscribe(userRoom(user))
      socket.send(plainWords.joined)
    },
    close: (socket) => void sockets.delete(socket),
  })
  const port = await listening(app)
  const encode = (event: LotEvent): string => JSON.stringify(messageOf(event, lotId))
  return {
    port,
    publish(events) {
      if (!each) {
        for (const event of events) app.publish(lotRoom, encode(event))
        return
      }
      for (const socket of sockets) {
        socket.cork(() => {
          for (const event of events) socket.send(encode(event))
        })
      }
    },
  }
}
