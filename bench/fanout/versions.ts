// Which versions are compared.
import { readFile } from 'node:fs/promises'

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

/** `uWebSockets.js 20.0.8, ws 8.23.0, Socket.IO 4.8.4`: exact ones, since none other is ever installed. */
export async function versionsCompared(): Promise<string> {
  const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  const { dependencies, devDependencies } = JSON.parse(manifest) as Manifest
  const version = (name: string) =>
    ({ ...dependencies, ...devDependencies })[name]?.split('@').at(-1) ?? 'unknown'
  return `uWebSockets.js ${version('uWebSockets.js')}, ws ${version('ws')}, Socket.IO ${version('socket.io')}`
}
