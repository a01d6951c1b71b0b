// What a client says to each peer until it watches, and to stay.
import { createHmac } from 'node:crypto'
import { lotChannel } from '../../protocol/channels.ts'
import { jsonClientCodec } from '../../protocol/client-codec.ts'
import { plainWords } from './peer.ts'
import type { PeerName, Stage } from './words.ts'

export interface Dialect {
  readonly path: string
  readonly subprotocol: string
  /** Said as soon as the socket is open; undefined where the server speaks first. */
  hello(user: string): string | undefined
  /** To a frame that is no publication. */
  answer(frame: string, user: string): Answer
}

interface Answer {
  readonly say?: string
  /** The socket watches from now on. */
  readonly joined?: true
}

/** Far beyond any run. */
const expiresAtSeconds = 4_000_000_000

export function dialectOf(peer: PeerName, stage: Stage): Dialect {
  if (peer === 'outcry' || peer === 'outcryOverNats') return outcryDialect(stage)
  return peer === 'socketIo' || peer === 'socketIoUws' ? socketIoDialect : plainDialect
}

const plainDialect: Dialect = {
  path: '/',
  subprotocol: 'json',
  hello: (user) => `${plainWords.join}${user}`,
  answer: (frame) => (frame === plainWords.joined ? { joined: true } : {}),
}

/** Engine.IO 4: 0 opens, 2 pings, 3 pongs, 4 carries a message of Socket.IO, whose 0 connects. */
const socketIoDialect: Dialect = {
  path: '/socket.io/?EIO=4&transport=websocket',
  subprotocol: 'json',
  hello: () => undefined,
  answer(frame, user) {
    if (frame.startsWith('0')) return { say: `40${JSON.stringify({ user })}` }
    if (frame.startsWith('40')) return { joined: true }
    return frame === '2' ? { say: '3' } : {}
  },
}

function outcryDialect({ lotId, secret }: Stage): Dialect {
  const channel = lotChannel(lotId)
  const subscribe = { id: 2, subscribe: { channel } }
  return {
    path: '/connection/websocket',
    subprotocol: jsonClientCodec.subprotocol,
    hello(user) {
      const connect = { id: 1, connect: { token: tokenOf(user, secret) } }
      return `${JSON.stringify(connect)}\n${JSON.stringify(subscribe)}`
    },
    answer(frame) {
      if (frame === '{}') return { say: '{}' }
      const replies = jsonClientCodec.decodeServer(frame)
      for (const reply of replies) {
        if ('error' in reply) throw new Error(`Outcry refused a watcher: ${frame}`)
      }
      return replies.some((reply) => 'subscribe' in reply) ? { joined: true } : {}
    },
  }
}

/** HS256, the same token for the same user. */
function tokenOf(user: string, secret: string): string {
  const claims = { sub: user, exp: expiresAtSeconds }
  const signed = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
