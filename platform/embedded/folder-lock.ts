// One process per folder. The lock is a listening socket in the folder, so the kernel takes it back when its
// holder dies in whatever way, and it holds between containers which share the folder, where process
// numbers mean nothing.
//
// A socket file outlives its process, and two processes may find the same dead one at once. So no file is
// ever taken over: each contender puts up a socket of its own under a name never used again, then asks
// all others. Since each is seen before it looks, of any two at least one sees the other.
import { randomBytes } from 'node:crypto'
import { readdir, rename, rm } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf } from '../failure.ts'

export interface FolderLock {
  release(): Promise<void>
}

/** Another living process holds the folder. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError'
  /** The process number of the holder, where it could be asked. */
  readonly holder: number | undefined

  constructor(holder: number | undefined) {
    super(`the folder is in use by process ${holder ?? 'unknown'}`)
    this.holder = holder
  }
}

interface Contender {
  readonly name: string
  readonly state: 'held' | 'waiting' | 'leaving'
  readonly pid: number | undefined
}

const prefix = 'lock-'
/** Whoever accepts but does not answer in this time is alive and busy, or stopped: it holds the lock. */
const answerTimeoutMs = 2_000
const retryMs = 20

/**
 * Takes the lock of `folder`, or learns at once that somebody has it.
 * @throws FolderInUseError while another process lives that took it.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const name = prefix + randomBytes(8).toString('hex')
  let held = false
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.end(`${held ? 'held' : 'waiting'} ${process.pid}`)
  })
  const release = async () => {
    server.close()
    await rm(join(folder, name), { force: true })
  }
  try {
    await announce(server, folder, name)
    while (!held) {
      const others = await askOthers(folder, name)
      const winner = others.find(
        ({ state, name: other }) => state === 'held' || (state === 'waiting' && other < name),
      )
      if (winner !== undefined) throw new FolderInUseError(winner.pid)
      // Those which still wait have the greater names: they will find us and give way.
      if (others.length === 0) held = true
      else await sleep(retryMs)
    }
  } catch (error) {
    await release()
    throw error
  }
  return { release }
}

/** The name appears only once the socket listens: a socket that is bound and deaf would look dead. */
async function announce(server: Server, folder: string, name: string): Promise<void> {
  const bound = join(folder, `new-${name}`)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(bound, resolve)
  })
  server.unref()
  await rename(bound, join(folder, name))
}

async function askOthers(folder: string, name: string): Promise<Contender[]> {
  const names = (await readdir(folder)).filter((each) => each.startsWith(prefix) && each !== name)
  const answers = await Promise.all(names.map((each) => ask(folder, each)))
  return answers.filter((answer) => answer !== undefined)
}

/** What the process behind a socket says of itself; undefined, and the socket removed, where it is dead. */
async function ask(folder: string, name: string): Promise<Contender | undefined> {
  try {
    const [state, pid] = (await readAnswer(join(folder, name))).split(' ')
    if (state === 'held' || state === 'waiting') return { name, state, pid: Number(pid) }
    return { name, state: 'leaving', pid: undefined }
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT') return undefined
    if (code === 'ECONNRESET') return { name, state: 'leaving', pid: undefined }
    if (code !== 'ECONNREFUSED') return { name, state: 'held', pid: undefined }
    await rm(join(folder, name), { force: true })
    return undefined
  }
}

function readAnswer(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(path)
    socket.setTimeout(answerTimeoutMs, () => socket.destroy(new Error('no answer in time')))
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => {
      answer += text
    })
    socket.on('end', () => resolve(answer))
    socket.on('error', reject)
  })
}
