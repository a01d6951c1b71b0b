// A server of one's own on this machine: at a free port, in a temporary folder, with nothing that outlives
// it. It can be killed, frozen and started again at the same address.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import type { ProcessEnd } from './process-end.ts'
import { ServerProcess } from './server-process.ts'
import { type ServerProgram, serverProgram } from './server-program.ts'

export interface ServerPlace {
  /** The path of the program. */
  readonly program: string
  /** Its own, for settings and data. */
  readonly folder: string
  readonly port: number
}

export interface LocalServerOptions {
  /** Where it makes its folder. Default: where the system keeps what is temporary. */
  readonly inFolder?: string
}

/** Another process may take the free port between looking and using. */
const startsMax = 5

export abstract class LocalServer {
  protected readonly place: ServerPlace
  #process: ServerProcess | undefined

  constructor(place: ServerPlace) {
    this.place = place
  }

  /** As for the variable that tells a role where the server is, with the password. */
  abstract get url(): string

  /** What it says when it takes connections. */
  protected abstract readonly saysReady: string

  /** The arguments of its command, for `place`. */
  protected abstract args(): Promise<readonly string[]>

  get port(): number {
    return this.place.port
  }

  /** @throws Error while it does not run. */
  get pid(): number {
    return this.#running().pid
  }

  /** Resolves when the process that runs now is gone, however it ended. @throws Error while none runs. */
  get ended(): Promise<ProcessEnd> {
    return this.#running().ended
  }

  /** Starts it at the same address, with nothing of what it held. @throws Error with its last words. */
  async startAgain(): Promise<void> {
    this.#process = await ServerProcess.start({
      program: this.place.program,
      args: await this.args(),
      saysReady: this.saysReady,
    })
  }

  /** As a crash ends it. Resolves when the process is gone. */
  async kill(): Promise<void> {
    await this.#process?.kill()
    this.#process = undefined
  }

  /** It holds its connections and answers nothing. */
  freeze(): void {
    this.#process?.freeze()
  }

  thaw(): void {
    this.#process?.thaw()
  }

  /** Lets it end by itself, kills it where it does not, and removes its folder. */
  async stop(): Promise<void> {
    await this.#process?.end()
    this.#process = undefined
    await rm(this.place.folder, { recursive: true, force: true })
  }

  #running(): ServerProcess {
    if (this.#process === undefined) throw new Error(`${this.place.program} is not running`)
    return this.#process
  }
}

/**
 * Makes and starts a server at a free port.
 * @throws Failure that says what to install; Error that says what the server said last
 */
export async function startLocalServer<Server extends LocalServer>(
  wanted: ServerProgram,
  { inFolder = tmpdir() }: LocalServerOptions,
  make: (place: ServerPlace) => Server,
): Promise<Server> {
  const program = await serverProgram(wanted)
  const folder = await mkdtemp(join(inFolder, `outcry-${wanted.program}-`))
  for (let starts = 1; ; starts += 1) {
    try {
      const server = make({ program, folder, port: await freePort() })
      await server.startAgain()
      return server
    } catch (error) {
      if (starts < startsMax) continue
      await rm(folder, { recursive: true, force: true })
      throw error
    }
  }
}
