// A NATS of a test's own: on a free port, in a temporary folder, which can be killed, frozen and started
// again at the same address.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ServerProcess } from './server-process.ts'
import { serverProgram } from './server-program.ts'
import { waitFor } from './wait-for.ts'

export interface NatsServerOptions {
  readonly user?: { readonly name: string; readonly password: string }
  /** Of one message. Default: the server's own, 1 MiB. */
  readonly payloadBytesMax?: number
  /** Subjects that the user may not publish to or listen on. */
  readonly denied?: string
}

const wanted = {
  program: 'nats-server',
  variable: 'NATS_SERVER_BIN',
  packages: { apt: 'nats-server', homebrew: 'nats-server' },
} as const

export class NatsServer {
  readonly #program: string
  readonly #folder: string
  readonly #options: NatsServerOptions
  #port = 0
  #process: ServerProcess | undefined

  private constructor(program: string, folder: string, options: NatsServerOptions) {
    this.#program = program
    this.#folder = folder
    this.#options = options
  }

  /** @throws Error that says what is missing, or what the server said last. */
  static async start(options: NatsServerOptions = {}): Promise<NatsServer> {
    const program = await serverProgram(wanted)
    const folder = await mkdtemp(join(tmpdir(), 'outcry-nats-'))
    const server = new NatsServer(program, folder, options)
    try {
      await server.startAgain()
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw error
    }
    return server
  }

  get port(): number {
    return this.#port
  }

  /** As for NATS_URL, without a password. */
  get url(): string {
    return `nats://127.0.0.1:${this.#port}`
  }

  get pid(): number {
    const pid = this.#process?.pid
    if (pid === undefined) throw new Error('nats-server is not running')
    return pid
  }

  /** Starts it at the same address; `options` replace those it had. */
  async startAgain(options: NatsServerOptions = this.#options): Promise<void> {
    const settings = join(this.#folder, 'nats.conf')
    await writeFile(settings, this.#settings(options))
    this.#process = await ServerProcess.start({
      program: this.#program,
      args: ['--config', settings],
      saysReady: 'Server is ready',
    })
    this.#port = await this.#portOf(this.#process)
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

  /** Ends it for good, with its folder. */
  async stop(): Promise<void> {
    await this.kill()
    await rm(this.#folder, { recursive: true, force: true })
  }

  #settings({ user, payloadBytesMax, denied }: NatsServerOptions): string {
    const permissions =
      denied === undefined
        ? ''
        : `permissions: { publish: { deny: "${denied}" }, subscribe: { deny: "${denied}" } }`
    return [
      'host: 127.0.0.1',
      // The server's own word for any free port is -1.
      `port: ${this.#port === 0 ? -1 : this.#port}`,
      `ports_file_dir: "${this.#folder}"`,
      ...(payloadBytesMax === undefined ? [] : [`max_payload: ${payloadBytesMax}`]),
      ...(user === undefined
        ? []
        : [
            'authorization {',
            `  users: [{ user: "${user.name}", password: "${user.password}", ${permissions} }]`,
            '}',
          ]),
      '',
    ].join('\n')
  }

  async #portOf(server: ServerProcess): Promise<number> {
    const file = join(this.#folder, `nats-server_${server.pid}.ports`)
    // It may be written a moment after the server is ready.
    return await waitFor(async () => {
      const ports: { nats: string[] } = JSON.parse(await readFile(file, 'utf8'))
      return Number(new URL(ports.nats[0] ?? '').port)
    })
  }
}
