// A server of uWebSockets.js on loopback, for a test alone.
import { type TemplatedApp, us_socket_local_port } from 'uWebSockets.js'

/** Has the app listen on a free port, which the promise resolves to. */
export function listening(app: TemplatedApp): Promise<number> {
  return new Promise((resolve, reject) => {
    app.listen('127.0.0.1', 0, (socket) => {
      if (socket === false) reject(new Error('there is no free port'))
      else resolve(us_socket_local_port(socket))
    })
  })
}
