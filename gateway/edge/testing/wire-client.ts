// A client of the tests: a WebSocket and the words of the protocol, with nothing kept from the test.
import { WebSocket } from 'ws'
import { waitFor } from '../../../platform/testing/wait-for.ts'
import {
  type ClientCodec,
  jsonClientCodec,
  type WireCommand,
} from '../../../protocol/client-codec.ts'
import type { Publication, Reply, ServerMessage } from '../../../protocol/frames.ts'

export interface WireClientOptions {
  readonly codec?: ClientCodec
  readonly headers?: Readonly<Record<string, string>>
  /** Offer the codec's subprotocol; JSON is spoken without being asked for too. */
  readonly offer?: boolean
  /** Answer pings. Default: true. */
  readonly pongs?: boolean
}

const isPing = (message: ServerMessage): boolean => Object.keys(message).length === 0

export class WireClient {
  readonly #codec: ClientCodec
  readonly socket: WebSocket
  /** The frames received, each the messages it held. */
  readonly frames: ServerMessage[][] = []
  closed: { readonly code: number; readonly reason: string } | undefined
  /** The status of an HTTP answer, where the upgrade was refused. */
  refusal: { readonly status: number; readonly retryAfter: string | undefined } | undefined
  #lastId = 0

  constructor(port: number, options: WireClientOptions = {}) {
    this.#codec = options.codec ?? jsonClientCodec
    const offered = options.offer === false ? [] : [this.#codec.subprotocol]
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/connection/websocket`, offered, {
      headers: { ...options.headers },
    })
    this.socket.on('message', (data: Buffer, isBinary) => {
      const frame = this.#codec.decodeServer(isBinary ? data : data.toString())
      this.frames.push(frame)
      if (options.pongs !== false && frame.some(isPing)) this.send({})
    })
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() }
    })
    this.socket.on('unexpected-response', (_, response) => {
      const { statusCode = 0, headers } = response
      this.refusal = { status: statusCode, retryAfter: headers['retry-after'] }
      response.resume()
    })
    // A refused upgrade and a cut connection are what the tests look at; `closed` tells of both.
    this.socket.on('error', () => {})
  }

  get messages(): ServerMessage[] {
    return this.frames.flat()
  }

  async opened(): Promise<this> {
    await waitFor(() => this.socket.readyState === WebSocket.OPEN, { what: 'an open socket' })
    return this
  }

  async closing(): Promise<number> {
    return (await waitFor(() => this.closed, { what: 'a close' })).code
  }

  sendRaw(data: string | Uint8Array): void {
    this.socket.send(data)
  }

  /** All commands in one frame. */
  send(...commands: readonly WireCommand[]): void {
    this.socket.send(this.#codec.encodeCommands(commands))
  }

  /** Sends one command, with an id of its own, and waits for the reply. */
  async ask(command: object): Promise<Reply> {
    const id = ++this.#lastId
    this.send({ id, ...command } as WireCommand)
    return await this.reply(id)
  }

  async reply(id: number): Promise<Reply> {
    return await waitFor(
      () => this.messages.find((message): message is Reply => 'id' in message && message.id === id),
      { what: `the reply to ${id}` },
    )
  }

  /** Connects, as whoever `token` names in the tests. */
  async connect(token?: string): Promise<Reply> {
    await this.opened()
    return await this.ask({ connect: token === undefined ? {} : { token } })
  }

  publications(channel: string): Publication[] {
    return this.messages.flatMap((message) =>
      'push' in message && 'pub' in message.push && message.push.channel === channel
        ? [message.push.pub]
        : [],
    )
  }

  offsets(channel: string): (number | undefined)[] {
    return this.publications(channel).map(({ offset }) => offset)
  }
}
