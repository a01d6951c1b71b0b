// A line to a database that can fail at the worst moment.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'

export interface FailingLine {
  /** The database behind the line, as for DATABASE_URL. */
  readonly url: string
  /** Cuts the line when the next question is asked (it never arrives), or when it is answered. */
  fail(when: 'before' | 'after'): void
  close(): Promise<void>
}

/** @param databaseUrl Of a server with its socket in a folder, as that of the tests. */
export async function failingLine(databaseUrl: string): Promise<FailingLine> {
  const socketFolder = decodeURIComponent(new URL(databaseUrl).hostname)
  const sockets = new Set<Socket>()
  let failing: 'before' | 'after' | undefined
  const server = createServer((near) => {
    const far = connect(join(socketFolder, '.s.PGSQL.5432'))
    const cut = () => {
      near.destroy()
      far.destroy()
    }
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', cut)
      socket.on('close', cut)
    }
    near.on('data', (bytes) => (failing === 'before' ? cut() : far.write(bytes)))
    far.on('data', (bytes) => (failing === 'after' ? cut() : near.write(bytes)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    fail: (when) => {
      failing = when
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
