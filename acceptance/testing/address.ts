// An address of which a test decides who is found there: nobody, a stand-in that answers as it likes, or
// the server itself. Whoever comes to it has come to one and the same server, as far as they know.
import { once } from 'node:events'
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net'
import { freePort } from '../../platform/servers/free-port.ts'

export type Host = (client: Socket) => void

export class Address {
  readonly port: number
  readonly #sockets = new Set<Socket>()
  #listener: Server | undefined
  #host: Host = (client) => client.destroy()
  /** Connections that were tried while somebody was there. */
  visits = 0

  private constructor(port: number) {
    this.port = port
  }

  /** Nobody is there. */
  static async choose(): Promise<Address> {
    return new Address(await freePort())
  }

  /** Nothing listens here any more, and who was connected is cut off. */
  async abandon(): Promise<void> {
    const listener = this.#listener
    this.#listener = undefined
    for (const socket of this.#sockets) socket.destroy()
    if (listener === undefined) return
    listener.close()
    await once(listener, 'close')
  }

  /** From now on this one is found here; who was connected is cut off. */
  async receiveBy(host: Host): Promise<void> {
    this.#host = host
    this.visits = 0
    for (const socket of this.#sockets) socket.destroy()
    if (this.#listener !== undefined) return
    this.#listener = createServer((client) => {
      this.visits += 1
      this.#keep(client)
      this.#host(client)
    }).listen(this.port, '127.0.0.1')
    await once(this.#listener, 'listening')
  }

  /** The server itself is found here. */
  async leadTo(target: NetConnectOpts): Promise<void> {
    await this.receiveBy((client) => {
      const server = connect(target)
      this.#keep(server)
      client.pipe(server).pipe(client)
      client.on('close', () => server.destroy())
      server.on('close', () => client.destroy())
    })
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    // Whatever broke, both ends learn of it by the close.
    socket.on('error', () => {})
  }
}
