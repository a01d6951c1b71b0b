// A way to a server that a test can block, as a network would; and for PostgreSQL one that loses the answer
// to a commit, and nothing else.
import { once } from 'node:events'
import {
  type AddressInfo,
  connect,
  createServer,
  type NetConnectOpts,
  type Server,
  type Socket,
} from 'node:net'

export class TcpPassage {
  readonly #target: NetConnectOpts
  readonly #listener: Server
  readonly #sockets = new Set<Socket>()
  #isOpen = true

  protected constructor(target: NetConnectOpts) {
    this.#target = target
    this.#listener = createServer((client) => {
      this.#keep(client)
      if (!this.#isOpen) client.destroy()
      else {
        const server = connect(this.#target)
        this.#keep(server)
        this.pass(client, server)
        // One end never outlives the other.
        client.on('close', () => server.destroy())
        server.on('close', () => client.destroy())
      }
    })
  }

  static async to(target: NetConnectOpts): Promise<TcpPassage> {
    return await new TcpPassage(target).#opened()
  }

  /** Of 127.0.0.1. */
  get port(): number {
    return (this.#listener.address() as AddressInfo).port
  }

  /** Cuts every connection, and each new one at once, until `unblock`. */
  block(): void {
    this.#isOpen = false
    for (const socket of this.#sockets) socket.destroy()
  }

  unblock(): void {
    this.#isOpen = true
  }

  async close(): Promise<void> {
    this.block()
    this.#listener.close()
    await once(this.#listener, 'close')
  }

  /** Hands on what either side says. */
  protected pass(client: Socket, server: Socket): void {
    client.pipe(server)
    server.pipe(client)
  }

  async #opened(): Promise<this> {
    this.#listener.listen(0, '127.0.0.1')
    await once(this.#listener, 'listening')
    return this
  }

  /** A passage opened by whoever inherits from it. */
  protected static async opened<Passage extends TcpPassage>(passage: Passage): Promise<Passage> {
    await passage.#opened()
    return passage
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    // Whatever broke, both ends learn of it by the close.
    socket.on('error', () => {})
  }
}

/** The name of the prepared statement, as each `Bind` message has it. */
const commitMark = Buffer.from('commit_lot_batch\0')
/** `ReadyForQuery`, outside of a transaction: whatever was asked before it is done, and committed. */
const readyMark = Buffer.from('Z\0\0\0\x05I')

export class PostgresPassage extends TcpPassage {
  readonly #url: string
  #onCommitted: (() => void) | undefined

  private constructor(target: NetConnectOpts, url: string) {
    super(target)
    this.#url = url
  }

  /** @param url of a server behind a socket or a port of this machine */
  static async toDatabase(url: string): Promise<PostgresPassage> {
    const { hostname, port } = new URL(url)
    const host = decodeURIComponent(hostname)
    const target = host.startsWith('/')
      ? { path: `${host}/.s.PGSQL.5432` }
      : { host, port: Number(port) }
    return await TcpPassage.opened(new PostgresPassage(target, url))
  }

  /** As for DATABASE_URL. */
  get url(): string {
    const url = new URL(this.#url)
    url.host = `127.0.0.1:${this.port}`
    return url.href
  }

  /** Resolves when a batch of bids is committed whose answer is lost on the way, with its connection. */
  async losesAnswer(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onCommitted = resolve
    })
  }

  protected override pass(client: Socket, server: Socket): void {
    let isCommitting = false
    client.on('data', (asked: Buffer) => {
      isCommitting ||= asked.includes(commitMark)
      server.write(asked)
    })
    server.on('data', (answer: Buffer) => {
      const onCommitted = this.#onCommitted
      const isDone = answer.subarray(-readyMark.length).equals(readyMark)
      if (isCommitting && isDone && onCommitted !== undefined) {
        this.#onCommitted = undefined
        onCommitted()
        client.destroy()
        return
      }
      if (isDone) isCommitting = false
      client.write(answer)
    })
  }
}
