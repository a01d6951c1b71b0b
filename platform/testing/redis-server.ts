// A Redis of a test's own: on a free port, in a temporary folder, which can be killed, frozen and started
// again at the same address.
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { ServerProcess } from './server-process.ts'
import { serverProgram } from './server-program.ts'
import { waitFor } from './wait-for.ts'

export interface RedisServerOptions {
  readonly password?: string
  /** As a node of a cluster, which has no slots yet. See `startCluster`. */
  readonly cluster?: boolean
}

const wanted = {
  program: 'redis-server',
  variable: 'REDIS_SERVER_BIN',
  packages: { apt: 'redis-server', homebrew: 'redis' },
} as const
/** Another process may take the free port between looking and using. */
const startsMax = 5

export class RedisServer {
  readonly port: number
  readonly #program: string
  readonly #folder: string
  readonly #options: RedisServerOptions
  #process: ServerProcess | undefined

  private constructor(program: string, folder: string, port: number, options: RedisServerOptions) {
    this.#program = program
    this.#folder = folder
    this.port = port
    this.#options = options
  }

  /** @throws Error that says what is missing, or what the server said last. */
  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const program = await serverProgram(wanted)
    const folder = await mkdtemp(join(tmpdir(), 'outcry-redis-'))
    for (let starts = 1; ; starts += 1) {
      const server = new RedisServer(program, folder, await freePort(), options)
      try {
        await server.startAgain()
        return server
      } catch (error) {
        if (starts < startsMax) continue
        await rm(folder, { recursive: true, force: true })
        throw error
      }
    }
  }

  /** A cluster of one node that has all slots. */
  static async startCluster(): Promise<RedisServer> {
    const server = await RedisServer.start({ cluster: true })
    const client = new Redis(server.port)
    try {
      await client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
      await waitFor(async () => (await client.cluster('INFO')).includes('cluster_state:ok'))
      return server
    } catch (error) {
      await server.stop()
      throw error
    } finally {
      client.disconnect()
    }
  }

  /** As for REDIS_URL, with the password. */
  get url(): string {
    const { password, cluster } = this.#options
    const user = password === undefined ? '' : `:${password}@`
    return `redis://${user}127.0.0.1:${this.port}${cluster === true ? '?cluster=true' : ''}`
  }

  get pid(): number {
    if (this.#process === undefined) throw new Error('redis-server is not running')
    return this.#process.pid
  }

  /** Starts it at the same address, with nothing of what it held. */
  async startAgain(): Promise<void> {
    this.#process = await ServerProcess.start({
      program: this.#program,
      args: this.#settings(),
      saysReady: 'Ready to accept connections',
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

  /** Ends it for good, with its folder. */
  async stop(): Promise<void> {
    await this.kill()
    await rm(this.#folder, { recursive: true, force: true })
  }

  #settings(): string[] {
    const { password, cluster = false } = this.#options
    return [
      `--port ${this.port}`,
      '--bind 127.0.0.1',
      `--dir ${this.#folder}`,
      '--save ""',
      '--appendonly no',
      ...(password === undefined ? [] : [`--requirepass ${password}`]),
      ...(cluster ? ['--cluster-enabled yes', '--cluster-announce-ip 127.0.0.1'] : []),
    ]
  }
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  listener.close()
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}
