// Stands between the devices of a load test and a real server, and falsifies what either says, as a test wants it.
import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import type { ServerMessage } from '../../protocol/frames.ts'

/** A command as a device wrote it. */
export interface Said {
  readonly id?: number
  readonly rpc?: { readonly method: string; readonly data: Readonly<Record<string, unknown>> }
}

/** What is done to the traffic of one connection; what it leaves out goes through untouched. */
export interface Lie {
  /** What goes to the server in place of the command; and what comes back at once, if anything. */
  command?(said: Said): { readonly forward: readonly Said[]; readonly answer?: object }
  /** Whether the connection breaks before this reaches the device. */
  isLostBefore?(message: ServerMessage): boolean
  /** What goes to the device in place of what the server said. */
  message?(message: ServerMessage): readonly ServerMessage[]
}

export interface LyingPassage {
  /** `http://…`, for everything that the server's own address is for. */
  readonly url: string
  stop(): Promise<void>
}

/** @param lie made for each connection; `nth` counts them */
export async function lieAbout(target: string, lie: (nth: number) => Lie): Promise<LyingPassage> {
  const http = createServer((asked, answer) => {
    const { method, url, headers } = asked
    const forwarded = httpRequest(new URL(url ?? '/', target), { method, headers }, (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.headers)
      reply.pipe(answer)
    })
    forwarded.on('error', () => answer.destroy())
    asked.pipe(forwarded)
  })
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: ([first]) => first ?? false,
  })
  let connections = 0
  http.on('upgrade', (asked: IncomingMessage, socket, head) => {
    sockets.handleUpgrade(asked, socket, head, (device) => {
      const nth = connections
      connections += 1
      connectThrough(device, asked, target, lie(nth))
    })
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    async stop() {
      for (const device of sockets.clients) device.terminate()
      http.closeAllConnections()
      const closed = once(http, 'close')
      http.close()
      await closed
    },
  }
}

function connectThrough(device: WebSocket, asked: IncomingMessage, target: string, lie: Lie): void {
  const url = new URL(asked.url ?? '/', target.replace('http', 'ws'))
  const server = new WebSocket(url, [device.protocol], { perMessageDeflate: false })
  const early: string[] = []
  const toServer = (frame: string) => {
    if (server.readyState === WebSocket.OPEN) server.send(frame)
    else early.push(frame)
  }
  server.on('open', () => {
    for (const frame of early) server.send(frame)
  })
  device.on('message', (frame: Buffer) => {
    const forward: Said[] = []
    for (const said of linesOf<Said>(frame)) {
      const done = lie.command?.(said) ?? { forward: [said] }
      forward.push(...done.forward)
      if (done.answer !== undefined) device.send(JSON.stringify({ id: said.id, ...done.answer }))
    }
    if (forward.length > 0) toServer(joined(forward))
  })
  server.on('message', (frame: Buffer) => {
    const messages = linesOf<ServerMessage>(frame)
    if (messages.some((message) => lie.isLostBefore?.(message) === true)) return device.terminate()
    const said = messages.flatMap((message) => lie.message?.(message) ?? message)
    if (said.length > 0) device.send(joined(said))
  })
  server.on('close', () => device.terminate())
  device.on('close', () => server.terminate())
  for (const socket of [device, server]) socket.on('error', () => {})
}

function linesOf<T>(frame: Buffer): T[] {
  return frame
    .toString()
    .split('\n')
    .map((line) => JSON.parse(line) as T)
}

function joined(messages: readonly unknown[]): string {
  return messages.map((message) => JSON.stringify(message)).join('\n')
}
