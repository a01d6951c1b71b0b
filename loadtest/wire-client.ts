// A light client of the WebSocket protocol, in either encoding: one socket, commands matched with
// their replies, pings answered, pushes handed on. It does not reconnect; whoever measures or
// judges the server wants to see a lost connection, not to have it repaired.

import { WebSocket } from 'ws'
import type { z } from 'zod'
import { type ClientCodec, jsonClientCodec, type WireCommand } from '../protocol/client-codec.ts'
import type { ErrorObject } from '../protocol/errors.ts'
import type {
  COMMAND_PARAMS,
  ConnectResult,
  Push,
  Results,
  ServerMessage,
} from '../protocol/frames.ts'
import type { MethodName } from '../protocol/methods.ts'

/** How a connection ended; 1006 where it broke without a word. */
export interface Closed {
  readonly code: number
  readonly reason: string
}

/** The server answered a command by an error of the protocol. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code: number
  readonly temporary: boolean

  constructor(command: string, error: ErrorObject) {
    super(`${command}: ${error.message} (${error.code})`)
    this.code = error.code
    this.temporary = error.temporary === true
  }
}

/** The connection ended before the answer came; whether the command was carried out is unknown. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
  readonly closed: Closed

  constructor(closed: Closed) {
    super(`the connection was closed with ${closed.code} (${closed.reason || 'no reason given'})`)
    this.closed = closed
  }
}

type Params<N extends keyof Results> = z.input<(typeof COMMAND_PARAMS)[N]>
type Request = <N extends keyof Results>(name: N, params: Params<N>) => Promise<Results[N]>

export interface WireClient {
  /** What the server said to `connect`. */
  readonly hello: ConnectResult
  /** Resolves when the connection has ended, however it did. */
  readonly closed: Promise<Closed>
  /** @throws CommandError, ConnectionLost */
  readonly request: Request
  /** The `data` of the reply. @throws CommandError, ConnectionLost */
  rpc(method: MethodName, data: unknown): Promise<unknown>
  /** Closes the socket and waits until it is closed. */
  close(): Promise<Closed>
}

export interface WireOptions {
  /** `ws://host:port/connection/websocket`. */
  readonly url: string
  /** Absent: an anonymous watcher. */
  readonly token?: string
  /** Default: JSON. */
  readonly codec?: ClientCodec
  /** Sent with `connect`: positions to recover from, by channel. */
  readonly subs?: Params<'connect'>['subs']
  readonly onPush?: (push: Push['push']) => void
  /** Called once, when the connection has ended. */
  readonly onClose?: (closed: Closed) => void
}

/** Opens a socket and says `connect`. @throws CommandError, ConnectionLost, or the socket's error */
export async function connectWire(options: WireOptions): Promise<WireClient> {
  const codec = options.codec ?? jsonClientCodec
  const socket = new WebSocket(options.url, [codec.subprotocol], { perMessageDeflate: false })
  const closed = new Promise<Closed>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  if (options.onClose !== undefined) void closed.then(options.onClose)
  const request = pairReplies(socket, codec, closed, options.onPush ?? (() => {}))
  await opened(socket)
  try {
    const hello = await request('connect', {
      ...(options.token === undefined ? {} : { token: options.token }),
      ...(options.subs === undefined ? {} : { subs: options.subs }),
    })
    return {
      hello,
      closed,
      request,
      rpc: async (method, data) => (await request('rpc', { method, data })).data,
      close() {
        socket.close(1000)
        return closed
      },
    }
  } catch (error) {
    socket.terminate()
    throw error
  }
}

/** Resolves when the socket is open; what goes wrong later is told by `close`. */
function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.once('open', resolve)
  })
}

interface Waiting {
  readonly command: string
  readonly resolve: (reply: Readonly<Record<string, unknown>>) => void
  readonly reject: (error: Error) => void
}

/** Numbers the commands and hands each reply to whoever asked. */
function pairReplies(
  socket: WebSocket,
  codec: ClientCodec,
  closed: Promise<Closed>,
  onPush: (push: Push['push']) => void,
): Request {
  const waiting = new Map<number, Waiting>()
  let lastId = 0

  function receive(message: ServerMessage): void {
    if ('push' in message) return onPush(message.push)
    if (!('id' in message)) return socket.send(codec.encodeCommands([{}]))
    const asked = waiting.get(message.id)
    waiting.delete(message.id)
    if ('error' in message) asked?.reject(new CommandError(asked.command, message.error))
    else asked?.resolve({ ...message })
  }

  socket.on('message', (data: Buffer, binary: boolean) => {
    for (const message of codec.decodeServer(binary ? data : data.toString())) receive(message)
  })
  socket.on('close', (code, reason) => {
    const lost = new ConnectionLost({ code, reason: reason.toString() })
    for (const { reject } of waiting.values()) reject(lost)
    waiting.clear()
  })

  return async (name, params) => {
    if (socket.readyState !== WebSocket.OPEN) throw new ConnectionLost(await closed)
    lastId += 1
    const id = lastId
    const reply = await new Promise<Readonly<Record<string, unknown>>>((resolve, reject) => {
      waiting.set(id, { command: name, resolve, reject })
      socket.send(codec.encodeCommands([{ id, [name]: params } as unknown as WireCommand]))
    })
    return reply[name] as Results[typeof name]
  }
}
