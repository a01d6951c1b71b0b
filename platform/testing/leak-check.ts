// Whoever runs leaves nothing running: a check for the end of a suite that everything which the code
// under test began has ended, unreferenced timers included, each told with the line that began it.
import { createHook } from 'node:async_hooks'
import { afterAll, beforeAll } from 'vitest'
import { waitFor } from './wait-for.ts'

/** What lives until somebody ends it. Requests and promises, which end by themselves, are not looked at. */
const lasting = new Set([
  'Timeout',
  'TCPSERVERWRAP',
  'TCPWRAP',
  'PIPESERVERWRAP',
  'PIPEWRAP',
  'UDPWRAP',
  'PROCESSWRAP',
  'SIGNALWRAP',
  'FSEVENTWRAP',
  'STATWATCHER',
  'WORKER',
  'MESSAGEPORT',
])

/** The test runner's own timers and channels are nobody's leak, nor is the waiting for an end of leaks. */
const runnerFrame =
  /node_modules\/(?:vitest|@vitest|vite|birpc|tinypool|tinyspy)\/|\/testing\/wait-for\.ts/u
const packageFrame = /node_modules\//u

interface Resource {
  readonly type: string
  /** The line that began it: the innermost frame which is not Node's own. */
  readonly origin: string
  readonly handle: object
}

export interface LeakCheckOptions {
  /** Origins to put up with, by a part of their line; say why where it is used. */
  readonly except?: readonly string[]
  /** How long what is ending may take to end. */
  readonly timeoutMs?: number
}

/** What began since the watch did, and has not ended. */
export interface LeakWatch {
  leaks(): string[]
  stop(): void
}

/**
 * To be called at the top of a test file or a `describe`: fails it where, after its last test and the
 * `afterAll` hooks set up after this one, a timer, socket, child process or process listener remains.
 */
export function expectNoLeaks(options: LeakCheckOptions = {}): void {
  let watch: LeakWatch | undefined
  beforeAll(() => {
    watch = watchForLeaks(options)
  })
  afterAll(async () => {
    // A socket is gone some turns after it was closed; what is on its way out gets that time.
    const none = () => watch?.leaks().length === 0
    await waitFor(none, { timeoutMs: options.timeoutMs ?? 5_000 }).catch(() => {})
    watch?.stop()
    const left = watch?.leaks() ?? []
    if (left.length > 0) throw new Error(`left behind:\n  ${left.join('\n  ')}`)
  })
}

/** Begins to watch. It slows promises down while it lasts. */
export function watchForLeaks({ except = [] }: Pick<LeakCheckOptions, 'except'> = {}): LeakWatch {
  const alive = new Map<number, Resource>()
  const hook = createHook({
    init(asyncId, type, _triggerAsyncId, handle) {
      if (!lasting.has(type)) return
      const origin = originOf(type, deepStack())
      if (origin !== undefined) alive.set(asyncId, { type, origin, handle })
    },
    destroy(asyncId) {
      alive.delete(asyncId)
    },
  })
  const listenersBefore = processListeners()
  hook.enable()
  return {
    leaks: () => [...leakedResources(alive.values(), except), ...leakedListeners(listenersBefore)],
    stop: () => {
      hook.disable()
    },
  }
}

function leakedResources(alive: Iterable<Resource>, except: readonly string[]): string[] {
  const leaks: string[] = []
  for (const { type, origin, handle } of alive) {
    if (except.some((part) => origin.includes(part))) continue
    // A package's timer that keeps nothing alive is its own affair; ours are to be cancelled.
    if (type === 'Timeout' && packageFrame.test(origin) && !isReferenced(handle)) continue
    leaks.push(`${type} from ${origin}`)
  }
  return leaks
}

function isReferenced(handle: object): boolean {
  return 'hasRef' in handle && typeof handle.hasRef === 'function' && handle.hasRef() === true
}

/** Ten frames, the usual limit, may all be Node's own. */
function deepStack(): string {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 40
  const { stack = '' } = new Error('origin')
  Error.stackTraceLimit = limit
  return stack
}

/** Undefined where the runner began it. */
function originOf(type: string, stack: string): string | undefined {
  const innermost = stack
    .split('\n')
    .slice(1)
    .find((frame) => !/node:|\/leak-check\.ts|<anonymous>/u.test(frame))
  // Node begins sockets from its own callbacks (an accepted connection, say) but its timers are its own.
  if (innermost === undefined) return type === 'Timeout' ? undefined : 'within Node'
  if (runnerFrame.test(innermost)) return undefined
  return innermost.trim().replace(/^at /u, '')
}

function processListeners(): ReadonlyMap<string, number> {
  return new Map(process.eventNames().map((name) => [String(name), process.listenerCount(name)]))
}

function leakedListeners(before: ReadonlyMap<string, number>): string[] {
  const leaks: string[] = []
  for (const [name, count] of processListeners()) {
    const more = count - (before.get(name) ?? 0)
    if (more > 0) leaks.push(`${more} listener(s) of the process's "${name}"`)
  }
  return leaks
}
