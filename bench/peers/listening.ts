// Where a server on uWebSockets.js listens.
import { type TemplatedApp, us_socket_local_port } from 'uWebSockets.js'

/** Resolves with the port, any that is free. @throws Error where none can be had */
export function listening(app: TemplatedApp): Promise<number> {
  return new Promise((resolve, reject) => {
    app.listen('127.0.0.1', 0, (socket) => {
      if (socket === false) reject(new Error('no port could be had'))
      else resolve(us_socket_local_port(socket))
    })
  })
}
