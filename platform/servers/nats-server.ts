// A NATS of one's own.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  LocalServer,
  type LocalServerOptions,
  type ServerPlace,
  startLocalServer,
} from './local-server.ts'
import type { ServerProgram } from './server-program.ts'

export interface NatsServerOptions extends LocalServerOptions {
  readonly user?: { readonly name: string; readonly password: string }
  /** Of one message. Default: the server's own, 1 MiB. */
  readonly payloadBytesMax?: number
  /** Subjects that the user may not publish to or listen on. */
  readonly denied?: string
}

export const natsProgram: ServerProgram = {
  program: 'nats-server',
  variable: 'NATS_SERVER_BIN',
  packages: { apt: 'nats-server', homebrew: 'nats-server' },
}

export class NatsServer extends LocalServer {
  protected readonly saysReady = 'Server is ready'
  #options: NatsServerOptions

  private constructor(place: ServerPlace, options: NatsServerOptions) {
    super(place)
    this.#options = options
  }

  /** @throws Failure that says what is missing; Error that says what the server said last */
  static async start(options: NatsServerOptions = {}): Promise<NatsServer> {
    return await startLocalServer(natsProgram, options, (place) => new NatsServer(place, options))
  }

  /** As for NATS_URL, without user and password. */
  get url(): string {
    return `nats://127.0.0.1:${this.port}`
  }

  /** Starts it at the same address; `options` replace those it had. */
  override async startAgain(options: NatsServerOptions = this.#options): Promise<void> {
    this.#options = options
    await super.startAgain()
  }

  protected async args(): Promise<readonly string[]> {
    const settings = join(this.place.folder, 'nats.conf')
    await writeFile(settings, settingsText(this.port, this.#options))
    return ['--config', settings]
  }
}

function settingsText(port: number, options: NatsServerOptions): string {
  const { user, payloadBytesMax, denied } = options
  const permissions =
    denied === undefined
      ? ''
      : `permissions: { publish: { deny: "${denied}" }, subscribe: { deny: "${denied}" } }`
  return [
    'host: 127.0.0.1',
    `port: ${port}`,
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
