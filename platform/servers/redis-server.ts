// A Redis of one's own.
import {
  LocalServer,
  type LocalServerOptions,
  type ServerPlace,
  startLocalServer,
} from './local-server.ts'
import type { ServerProgram } from './server-program.ts'

export interface RedisServerOptions extends LocalServerOptions {
  readonly password?: string
  /** As a node of a cluster, which has no slots yet. */
  readonly cluster?: boolean
}

export const redisProgram: ServerProgram = {
  program: 'redis-server',
  variable: 'REDIS_SERVER_BIN',
  packages: { apt: 'redis-server', homebrew: 'redis' },
}

export class RedisServer extends LocalServer {
  protected readonly saysReady = 'Ready to accept connections'
  readonly #options: RedisServerOptions

  private constructor(place: ServerPlace, options: RedisServerOptions) {
    super(place)
    this.#options = options
  }

  /** @throws Failure that says what is missing; Error that says what the server said last */
  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    return await startLocalServer(redisProgram, options, (place) => new RedisServer(place, options))
  }

  /** As for REDIS_URL, with the password. */
  get url(): string {
    const { password, cluster } = this.#options
    const user = password === undefined ? '' : `:${password}@`
    return `redis://${user}127.0.0.1:${this.port}${cluster === true ? '?cluster=true' : ''}`
  }

  protected async args(): Promise<readonly string[]> {
    const { password, cluster = false } = this.#options
    return [
      `--port ${this.port}`,
      '--bind 127.0.0.1',
      `--dir ${this.place.folder}`,
      '--save ""',
      '--appendonly no',
      ...(password === undefined ? [] : [`--requirepass ${password}`]),
      ...(cluster ? ['--cluster-enabled yes', '--cluster-announce-ip 127.0.0.1'] : []),
    ]
  }
}
