// A Redis of a test's own: on a free port, in a temporary folder, which can be killed, frozen and started
// again at the same address.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import { serverProgram } from './server-program.ts'
import { waitFor } from './wait-for.ts'

export interface RedisServerOptions {
  readonly password?: string
  /** A cluster of this one node. */
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
  #process: ChildProcess | undefined

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
    await client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    await waitFor(async () => (await client.cluster('INFO')).includes('cluster_state:ok'))
    client.disconnect()
    return server
  }

  /** As for REDIS_URL, with the password. */
  get url(): string {
    const { password, cluster } = this.#options
    const user = password === undefined ? '' : `:${password}@`
    return `redis://${user}127.0.0.1:${this.port}${cluster === true ? '?cluster=true' : ''}`
  }

  get pid(): number {
    const pid = this.#process?.pid
    if (pid === undefined) throw new Error('redis-server is not running')
    return pid
  }

  /** Starts it at the same address, with nothing of what it held. */
  async startAgain(): Promise<void> {
    const server = spawn(this.#program, this.#settings(), { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#process = server
    const lines: string[] = []
    await new Promise<void>((resolve, reject) => {
      createInterface(server.stdout).on('line', (line) => {
        lines.push(line)
        if (line.includes('Ready to accept connections')) resolve()
      })
      server.once('error', reject)
      server.once('exit', () =>
        reject(new Error(`redis-server left: ${lines.slice(-3).join('; ')}`)),
      )
    })
    watchOver(server)
  }

  /** As a crash ends it. Resolves when the process is gone. */
  async kill(): Promise<void> {
    const server = this.#process
    this.#process = undefined
    if (server === undefined) return
    const gone = once(server, 'exit')
    server.kill('SIGKILL')
    await gone
  }

  /** It holds its connections and answers nothing. */
  freeze(): void {
    process.kill(this.pid, 'SIGSTOP')
  }

  thaw(): void {
    process.kill(this.pid, 'SIGCONT')
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

/** A shell that waits for this process to end, in whatever way, and then ends the server. */
function watchOver(server: ChildProcess): void {
  const guardian = spawn('/bin/sh', ['-c', 'read -r _; kill -9 "$0"', String(server.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Ctrl-C goes to the whole group of a terminal, and the guardian is to outlive this process.
    detached: true,
  })
  guardian.on('error', () => {})
  guardian.unref()
  server.once('exit', () => guardian.kill('SIGKILL'))
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  listener.close()
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}
