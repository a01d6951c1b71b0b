// A port nobody listens on, for a server that can not tell which one it took.
import { once } from 'node:events'
import { createServer } from 'node:net'

/** A free TCP port of this machine. Another process may take it before it is used: try a few times. */
export async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  await new Promise((resolve) => listener.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}
