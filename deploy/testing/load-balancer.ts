// HAProxy with the configuration of this folder, in front of gateways that a test plays. What names the
// network of Docker is put in terms of this machine; the rest is as it is deployed.
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type WebSocket, WebSocketServer } from 'ws'
import { freePort } from '../../platform/servers/free-port.ts'
import { ServerProcess } from '../../platform/servers/server-process.ts'
import { serverProgram } from '../../platform/servers/server-program.ts'
import { textOf } from './deployment-files.ts'
import { haproxy } from './tools.ts'

/** A gateway as HAProxy sees it: `/readyz` on one port, sockets and requests on another. */
export class PlayedGateway {
  readonly name: string
  /** What `/readyz` says. */
  isReady = true
  /** What it does with requests and upgrades: takes them, or refuses them by 503. */
  takesTraffic = true
  /** What came, refused or not. */
  readonly requests: { readonly method: string; readonly headers: IncomingMessage['headers'] }[] =
    []
  readonly sockets = new Set<WebSocket>()
  readonly #upgrades = new WebSocketServer({ noServer: true })
  readonly #traffic: Server
  readonly #probes: Server

  private constructor(name: string) {
    this.name = name
    this.#traffic = createHttpServer((request, response) => {
      this.#note(request)
      response.writeHead(this.takesTraffic ? 200 : 503).end(name)
    })
    this.#traffic.on('upgrade', (request, socket, head) => {
      this.#note(request)
      if (!this.takesTraffic) {
        socket.end(
          'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
        )
        return
      }
      this.#upgrades.handleUpgrade(request, socket, head, (opened) => {
        this.sockets.add(opened)
        opened.on('message', (data: Buffer) => opened.send(`${name}: ${data.toString()}`))
        opened.on('close', () => this.sockets.delete(opened))
      })
    })
    this.#probes = createHttpServer((_, response) => {
      response.writeHead(this.isReady ? 200 : 503).end()
    })
  }

  static async start(name: string): Promise<PlayedGateway> {
    const gateway = new PlayedGateway(name)
    for (const server of [gateway.#traffic, gateway.#probes]) {
      await once(server.listen(0, '127.0.0.1'), 'listening')
    }
    return gateway
  }

  get port(): number {
    return portOf(this.#traffic)
  }

  get probePort(): number {
    return portOf(this.#probes)
  }

  /** As `kill -9` ends it. */
  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.terminate()
    for (const server of [this.#traffic, this.#probes]) {
      server.closeAllConnections()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    }
  }

  #note({ method = '', headers }: IncomingMessage): void {
    this.requests.push({ method, headers })
  }
}

/** Another process may take a free port between looking and using. */
const startsMax = 5

export class LoadBalancer {
  readonly #process: ServerProcess
  readonly #folder: string
  readonly port: number
  readonly #operatorPort: number

  private constructor(started: ServerProcess, folder: string, port: number, operatorPort: number) {
    this.#process = started
    this.#folder = folder
    this.port = port
    this.#operatorPort = operatorPort
  }

  /** @throws Error that says what is missing, or what HAProxy said last. */
  static async start(gateways: readonly PlayedGateway[]): Promise<LoadBalancer> {
    const program = await serverProgram(haproxy)
    const folder = await mkdtemp(join(tmpdir(), 'outcry-haproxy-'))
    const file = join(folder, 'haproxy.cfg')
    // As its image starts it: a master and its worker, which ends when the master is gone.
    const options = { program, args: ['-W', '-db', '-f', file], saysReady: 'Loading success' }
    for (let starts = 1; ; starts += 1) {
      const [port, operatorPort] = [await freePort(), await freePort()]
      await writeFile(file, configuration(gateways, port, operatorPort))
      try {
        const started = await ServerProcess.start(options)
        return new LoadBalancer(started, folder, port, operatorPort)
      } catch (error) {
        if (starts < startsMax) continue
        await rm(folder, { recursive: true, force: true })
        throw error
      }
    }
  }

  /** To how many gateways it gives clients now. */
  async inService(): Promise<number> {
    const page = await fetch(`http://127.0.0.1:${this.#operatorPort}/metrics`)
    const found = /^haproxy_backend_active_servers\{proxy="gateways"\} (\d+)$/mu.exec(
      await page.text(),
    )
    return Number(found?.[1])
  }

  /** Resolves when master and worker are gone. */
  async stop(): Promise<void> {
    await this.#process.end()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

function configuration(
  gateways: readonly PlayedGateway[],
  port: number,
  operatorPort: number,
): string {
  const servers = gateways.map(
    (gateway) => `    server ${gateway.name} 127.0.0.1:${gateway.port} port ${gateway.probePort}`,
  )
  return replaced(textOf('deploy/haproxy.cfg'), [
    ['bind :8080', `bind 127.0.0.1:${port}`],
    ['bind :8404', `bind 127.0.0.1:${operatorPort}`],
    // An ordinary user may not have the descriptors.
    ['maxconn 100000', 'maxconn 100'],
    // Each test finds both gateways as they are after that half minute.
    [' slowstart 30s', ''],
    [/^ +server-template .*$/mu, servers.join('\n')],
  ])
}

/** @throws Error where one of them is not there: the test would be about something else. */
function replaced(text: string, changes: readonly (readonly [string | RegExp, string])[]): string {
  return changes.reduce((before, [found, put]) => {
    const after = before.replace(found, put)
    if (after === before) throw new Error(`deploy/haproxy.cfg has no ${String(found)}`)
    return after
  }, text)
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it does not listen')
  return address.port
}
