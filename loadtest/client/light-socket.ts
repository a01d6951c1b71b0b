// A WebSocket that costs little, so that one machine holds a hundred thousand of them: a TCP socket whose
// bytes are read into one buffer shared by all, the few fields here, and no listener of its own.
import { createHash, randomBytes } from 'node:crypto'
import { type Socket, connect as tcpConnect } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { CLOSES, closeOf, encodeFrame, OPCODES, readFrames, WebSocketFault } from './frames.ts'

/** Where sockets connect to, made once for all of them. */
export interface Endpoint {
  readonly host: string
  readonly port: number
  readonly secure: boolean
  /** The request that turns a connection into a WebSocket. */
  readonly request: string
}

/** One for the process: it shows that the server speaks WebSocket, not who we are. */
const key = randomBytes(16).toString('base64')
/** RFC 6455, section 4.2.2. */
const accept = createHash('sha1')
  .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
  .digest('base64')
/** All that a server may say before it is a WebSocket. */
const answerBytesMax = 16 * 1024
/** Of the words in which a server refuses. */
const reasonBytesMax = 120
const readBuffer = Buffer.allocUnsafe(256 * 1024)
const nothing = Buffer.alloc(0)

/** @param url `ws://…` or `wss://…` */
export function endpointOf(url: string, subprotocol: string): Endpoint {
  const { protocol, hostname, host, port, pathname, search } = new URL(url)
  const secure = protocol === 'wss:'
  const request = [
    `GET ${pathname}${search} HTTP/1.1`,
    `Host: ${host}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Protocol: ${subprotocol}`,
    '\r\n',
  ].join('\r\n')
  const defaultPort = secure ? 443 : 80
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? defaultPort : Number(port),
    secure,
    request,
  }
}

/** What the listeners at the end of this file may do to a socket, and nobody else. */
interface Taking {
  bytes(owner: LightSocket, bytes: Buffer): void
  error(owner: LightSocket, error: Error): void
  end(owner: LightSocket): void
}
let taking: Taking
/** The listeners are shared, and look here for whom they are called. */
const owners = new WeakMap<Socket, LightSocket>()

export abstract class LightSocket {
  static {
    taking = {
      bytes: (owner, bytes) => owner.#takeBytes(bytes),
      error: (owner, error) => owner.#takeError(error),
      end: (owner) => owner.#takeEnd(),
    }
  }

  #socket: Socket | undefined
  /** Bytes which came and are not a whole frame, or a whole answer, yet. */
  #rest: Buffer = nothing
  /** The pieces of a message that comes in several frames. */
  #pieces: Buffer[] | undefined
  #piecesBinary = false
  #isOpen = false
  #closeCode = 0
  #closeReason = ''

  /** The server takes messages from now on. */
  protected abstract opened(): void
  /** A message came; it is only lent, and gone when this returns. */
  protected abstract received(message: Buffer, isBinary: boolean): void
  /** It is over, however it came to it: 1006 and why, where the server said no code. */
  protected abstract ended(code: number, reason: string): void

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** To be called when there is no connection: at first, or after `ended`. */
  protected open({ host, port, secure, request }: Endpoint, localAddress?: string): void {
    this.#closeCode = 0
    this.#closeReason = ''
    const options = {
      host,
      port,
      noDelay: true,
      ...(localAddress === undefined ? {} : { localAddress }),
      onread: { buffer: readBuffer, callback: onRead },
    }
    const socket = secure ? tlsConnect(options) : tcpConnect(options)
    this.#socket = socket
    owners.set(socket, this)
    socket.on('error', onError)
    socket.on('close', onClose)
    socket.write(request)
  }

  /** One message in one frame; nothing where the connection is not open. */
  send(message: string | Uint8Array): void {
    if (!this.#isOpen) return
    const opcode = typeof message === 'string' ? OPCODES.text : OPCODES.binary
    this.#socket?.write(encodeFrame(opcode, message))
  }

  /** Says goodbye. */
  close(): void {
    if (this.#isOpen) {
      const goodbye = Buffer.alloc(2)
      goodbye.writeUInt16BE(CLOSES.normal)
      this.#socket?.write(encodeFrame(OPCODES.close, goodbye))
      this.#closeCode = CLOSES.normal
    }
    this.#socket?.end()
  }

  /** As a lost network ends it: nothing is said. */
  protected drop(reason: string): void {
    this.#closeReason = reason
    this.#socket?.destroy()
  }

  /** Stops reading, as a device does whose network is slow; TCP then holds the server up. */
  pause(): void {
    this.#socket?.pause()
  }

  resume(): void {
    this.#socket?.resume()
  }

  #takeBytes(bytes: Buffer): void {
    try {
      const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
      const used = this.#isOpen ? this.#takeFrames(all) : this.#takeAnswer(all)
      // What is left lies in the shared buffer, which the next read overwrites.
      this.#rest = used === all.length ? nothing : Buffer.from(all.subarray(used))
    } catch (error) {
      if (!(error instanceof WebSocketFault)) throw error
      this.drop(error.message)
    }
  }

  #takeError(error: Error): void {
    if (this.#closeReason === '') this.#closeReason = error.message
  }

  #takeEnd(): void {
    this.#socket = undefined
    this.#isOpen = false
    this.#rest = nothing
    this.#pieces = undefined
    const [code, reason] = [this.#closeCode, this.#closeReason]
    this.ended(code === 0 ? CLOSES.broken : code, reason)
  }

  /** How many bytes of it are used: those of a whole answer, and of what followed it. */
  #takeAnswer(bytes: Buffer): number {
    const end = bytes.indexOf('\r\n\r\n')
    if (end < 0) {
      if (bytes.length > answerBytesMax) throw new WebSocketFault('the answer has no end')
      return 0
    }
    const answer = bytes.toString('latin1', 0, end)
    const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]
    if (status !== '101') {
      const isSentence = /^content-type: text\/plain/im.test(answer)
      const says = isSentence ? bytes.toString('utf8', end + 4, end + 4 + reasonBytesMax) : ''
      throw new WebSocketFault(`HTTP ${status ?? 'without a status'}${says && `: ${says}`}`)
    }
    if (!answer.includes(accept)) throw new WebSocketFault('the server speaks no WebSocket')
    this.#isOpen = true
    this.opened()
    return end + 4 + this.#takeFrames(bytes.subarray(end + 4))
  }

  #takeFrames(bytes: Buffer): number {
    return readFrames(bytes, (opcode, payload, isLast) => this.#takeFrame(opcode, payload, isLast))
  }

  #takeFrame(opcode: number, payload: Buffer, isLast: boolean): void {
    switch (opcode) {
      case OPCODES.text:
      case OPCODES.binary: {
        const isBinary = opcode === OPCODES.binary
        if (isLast) return this.received(payload, isBinary)
        this.#pieces = [Buffer.from(payload)]
        this.#piecesBinary = isBinary
        return
      }
      case OPCODES.continuation: {
        if (this.#pieces === undefined) throw new WebSocketFault('a message has no beginning')
        this.#pieces.push(Buffer.from(payload))
        if (!isLast) return
        const message = Buffer.concat(this.#pieces)
        this.#pieces = undefined
        return this.received(message, this.#piecesBinary)
      }
      case OPCODES.ping:
        this.#socket?.write(encodeFrame(OPCODES.pong, payload))
        return
      case OPCODES.close: {
        const { code, reason } = closeOf(payload)
        this.#isOpen = false
        // The answer to our own goodbye.
        if (this.#closeCode !== 0) return
        this.#closeCode = code
        this.#closeReason = reason
        this.#socket?.end(encodeFrame(OPCODES.close, payload))
        return
      }
      case OPCODES.pong:
        return
      default:
        throw new WebSocketFault(`a frame has the opcode ${opcode}`)
    }
  }
}

function onRead(this: Socket, count: number, buffer: Uint8Array): boolean {
  const owner = owners.get(this)
  if (owner !== undefined) {
    taking.bytes(owner, Buffer.from(buffer.buffer, buffer.byteOffset, count))
  }
  return true
}

function onError(this: Socket, error: Error): void {
  const owner = owners.get(this)
  if (owner !== undefined) taking.error(owner, error)
}

function onClose(this: Socket): void {
  const owner = owners.get(this)
  if (owner !== undefined) taking.end(owner)
}
