import { beforeEach, describe, expect, test } from 'vitest'
import { exitCodes, Failure } from './failure.ts'
import { type Part, partOfParts, type Running, runParts } from './lifecycle.ts'
import { createLogger } from './log.ts'
import { expectNoLeaks } from './testing/leak-check.ts'
import { VirtualClock } from './testing/virtual-clock.ts'
import { waitFor } from './testing/wait-for.ts'
import { untilAborted } from './until-aborted.ts'

expectNoLeaks()

let clock: VirtualClock
/** What the parts did, in order. */
let steps: string[]
let logged: Record<string, unknown>[]

beforeEach(() => {
  clock = new VirtualClock()
  steps = []
  logged = []
})

/** A part that notes what it is told, and does what `does` says on top. */
function part(name: string, does: Partial<Omit<Part, 'name'>> = {}): Part {
  return {
    name,
    start: async () => {
      steps.push(`${name} starts`)
      await does.start?.()
    },
    drain: async (signal) => {
      steps.push(`${name} drains`)
      await does.drain?.(signal)
    },
    stop: async () => {
      steps.push(`${name} stops`)
      await does.stop?.()
    },
  }
}

async function portInUse(): Promise<void> {
  throw new Failure('PORT 8080 cannot be used.')
}

function run(...parts: Part[]): Running {
  const destination = { write: (line: string) => logged.push(JSON.parse(line)) }
  return runParts(parts, { log: createLogger({ name: 'test', destination }), clock })
}

const never = () => new Promise<void>(() => {})
const fails = async (): Promise<void> => {
  throw new Error('the disk is full')
}

describe('parts', () => {
  test('start in order, drain in reverse, then stop in reverse', async () => {
    const running = run(part('database'), part('engine'), part('gateway'))
    await running.ready
    expect(steps.splice(0)).toEqual(['database starts', 'engine starts', 'gateway starts'])
    await running.drainAndStop()
    expect(steps).toEqual([
      'gateway drains',
      'engine drains',
      'database drains',
      'gateway stops',
      'engine stops',
      'database stops',
    ])
  })

  test('are logged at each step with how long it took', async () => {
    const slow = () =>
      new Promise<void>((resolve) => {
        clock.after(40, resolve)
      })
    const running = run(part('engine', { start: slow }))
    await clock.advanceAsync(40)
    await running.drainAndStop()
    expect(logged).toMatchObject([
      { level: 'info', part: 'engine', durationMs: 40, msg: 'started' },
      { level: 'info', part: 'engine', durationMs: 0, msg: 'drained' },
      { level: 'info', part: 'engine', durationMs: 0, msg: 'stopped' },
    ])
  })

  test('end once, however often they are told to', async () => {
    const running = run(part('engine'))
    await running.ready
    await Promise.all([running.drainAndStop(), running.drainAndStop()])
    await running.drainAndStop()
    expect(steps).toEqual(['engine starts', 'engine drains', 'engine stops'])
  })
})

describe('a start that fails', () => {
  test('stops those that had started, in reverse, and the one that failed half-way', async () => {
    const running = run(part('database'), part('engine', { start: fails }), part('gateway'))
    await expect(running.ready).rejects.toThrow('the disk is full')
    expect(steps).toEqual(['database starts', 'engine starts', 'engine stops', 'database stops'])
    await running.drainAndStop()
    expect(steps).toHaveLength(4)
  })

  test('is told by its own reason, even where stopping fails as well', async () => {
    const running = run(part('database', { stop: fails }), part('engine', { start: fails }))
    await expect(running.ready).rejects.toThrow('the disk is full')
    expect(logged).toContainEqual(
      expect.objectContaining({ level: 'error', part: 'database', msg: 'failed to stop' }),
    )
  })

  test('for a reason outside of the process is logged without a stack', async () => {
    const start = portInUse
    await expect(run(part('gateway', { start })).ready).rejects.toThrow(Failure)
    expect(logged[0]).toMatchObject({ reason: 'PORT 8080 cannot be used.' })
    expect(JSON.stringify(logged)).not.toContain('lifecycle.test.ts')
  })

  test('does not wait for ever for a part that does not stop', async () => {
    const running = run(part('database', { stop: never }), part('engine', { start: fails }))
    await clock.advanceAsync(30_000)
    await expect(running.ready).rejects.toThrow('the disk is full')
  })
})

describe('told to end while it starts', () => {
  test('the start under way is waited for, and goes no further', async () => {
    const start = () =>
      new Promise<void>((resolve) => {
        clock.after(200, resolve)
      })
    const running = run(part('database'), part('engine', { start }), part('gateway'))
    await waitFor(() => steps.includes('engine starts'))
    const ended = running.drainAndStop()
    await clock.advanceAsync(100)
    expect(steps).toEqual(['database starts', 'engine starts'])
    await clock.advanceAsync(100)
    await ended
    await expect(running.ready).rejects.toThrow('told to stop before it was ready')
    expect(steps.slice(2)).toEqual([
      'engine drains',
      'database drains',
      'engine stops',
      'database stops',
    ])
  })

  test('a start that hangs is given up at the deadline, and what it holds is let go', async () => {
    const running = run(part('database'), part('engine', { start: never }))
    await waitFor(() => steps.includes('engine starts'))
    const ended = expect(running.drainAndStop()).rejects.toThrow(
      'The process did not end cleanly: it was still starting.',
    )
    await clock.advanceAsync(30_000)
    await ended
    expect(steps).toEqual([
      'database starts',
      'engine starts',
      'database drains',
      'engine stops',
      'database stops',
    ])
  })
})

test('a part that waits for others gives up when the process ends while it starts', async () => {
  const { promise: waiting, reject } = Promise.withResolvers<void>()
  const waiter = {
    ...part('waiter', { start: () => waiting }),
    giveUp: () => reject(new Error('told to end')),
  }
  const log = createLogger({ name: 'test', level: 'silent' })
  const services = partOfParts('services', { log, clock }, async () => [waiter])
  const running = run(part('database'), services)
  await waitFor(() => steps.includes('waiter starts'))
  await running.drainAndStop()
  expect(steps.slice(-3)).toEqual(['waiter stops', 'database drains', 'database stops'])
})

test('a part that others wait for lets go of them when the process ends while they start', async () => {
  const { promise: connected, reject } = Promise.withResolvers<void>()
  const bus = { ...part('bus'), giveUp: () => reject(new Error('told to end')) }
  const log = createLogger({ name: 'test', level: 'silent' })
  const services = partOfParts('services', { log, clock }, async () => [
    part('engine', { start: () => connected }),
  ])
  const running = run(bus, services)
  await waitFor(() => steps.includes('engine starts'))
  await running.drainAndStop()
  expect(steps.slice(-3)).toEqual(['engine stops', 'bus drains', 'bus stops'])
  const gaveUp = logged.filter(({ level }) => level === 'error')
  expect(gaveUp).toEqual([])
})

test('a part of parts that has started goes on until its turn to drain has come', async () => {
  const { promise: waiting, reject } = Promise.withResolvers<void>()
  const log = createLogger({ name: 'test', level: 'silent' })
  const services = partOfParts('services', { log, clock }, async () => [part('engine')])
  const waiter = {
    ...part('waiter', { start: () => waiting }),
    giveUp: () => {
      steps.push('waiter gives up')
      reject(new Error('told to end'))
    },
  }
  const running = run(part('database'), services, waiter)
  await waitFor(() => steps.includes('waiter starts'))
  await running.drainAndStop()
  const drained = steps.indexOf('engine drains')
  expect(drained).toBeGreaterThan(steps.indexOf('waiter gives up'))
  expect(steps.at(-1)).toBe('database stops')
})

test('a part of parts that is still being built is not started any more', async () => {
  const { promise: built, resolve } = Promise.withResolvers<void>()
  const log = createLogger({ name: 'test', level: 'silent' })
  const services = partOfParts('services', { log, clock }, async () => {
    steps.push('building')
    await built
    return [part('engine')]
  })
  const running = run(part('database'), services)
  await waitFor(() => steps.includes('building'))
  const ended = running.drainAndStop()
  resolve()
  await ended
  expect(steps).toEqual(['database starts', 'building', 'database drains', 'database stops'])
})

test('a part of parts whose building waits for others waits no more when the process ends', async () => {
  const log = createLogger({ name: 'test', level: 'silent' })
  const services = partOfParts('services', { log, clock }, async (signal) => {
    steps.push('building')
    await untilAborted(signal, never())
    return [part('engine')]
  })
  const running = run(part('database'), services)
  await waitFor(() => steps.includes('building'))
  await running.drainAndStop()
  expect(steps).toEqual(['database starts', 'building', 'database drains', 'database stops'])
})

describe('an end that does not go well', () => {
  test('gives every part its turn, and then names those that failed', async () => {
    const running = run(part('database', { drain: fails }), part('gateway', { stop: fails }))
    await running.ready
    const failure = await running.drainAndStop().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(Failure)
    expect(failure).toMatchObject({
      message: 'The process did not end cleanly: database failed to drain; gateway failed to stop.',
      exitCode: exitCodes.software,
    })
    expect(steps.slice(-2)).toEqual(['gateway stops', 'database stops'])
  })

  test('aborts the drain in time for what is held to be let go', async () => {
    let abortedAtMs = 0
    const drain = (signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => {
          abortedAtMs = clock.nowMs()
          resolve()
        })
      })
    const running = run(part('database'), part('gateway', { drain }))
    await running.ready
    const toldAtMs = clock.nowMs()
    const ended = running.drainAndStop().catch(() => {})
    await clock.advanceAsync(30_000)
    await ended
    expect(abortedAtMs - toldAtMs).toBe(24_000)
    expect(steps.slice(-2)).toEqual(['gateway stops', 'database stops'])
  })

  test('is over at the deadline even where nothing ends', async () => {
    const running = run(
      part('database', { drain: never, stop: never }),
      part('gateway', { drain: never, stop: never }),
    )
    await running.ready
    const ended = expect(running.drainAndStop()).rejects.toThrow(
      'gateway did not drain in time; database did not drain in time; ' +
        'gateway did not stop in time; database did not stop in time',
    )
    await clock.advanceAsync(30_000)
    await ended
    expect(steps).toContain('database stops')
  })
})

describe('a part of parts', () => {
  const log = createLogger({ name: 'test', level: 'silent' })
  const services = (...parts: Part[]) =>
    partOfParts('services', { log, clock }, async () => {
      steps.push('built')
      return parts
    })

  test('is built when its turn has come, and ends before the parts ahead of it', async () => {
    const running = run(part('database'), services(part('engine'), part('gateway')))
    await running.ready
    expect(steps.splice(0)).toEqual(['database starts', 'built', 'engine starts', 'gateway starts'])
    await running.drainAndStop()
    expect(steps).toEqual([
      'gateway drains',
      'engine drains',
      'gateway stops',
      'engine stops',
      'database drains',
      'database stops',
    ])
  })

  test('stops the others where one of them fails to stop, and says so', async () => {
    const running = run(services(part('engine'), part('gateway', { stop: fails })))
    await running.ready
    await expect(running.drainAndStop()).rejects.toThrow(/services failed to drain/)
    expect(steps.at(-1)).toBe('engine stops')
  })

  test('that cannot start leaves nothing begun', async () => {
    const running = run(part('database'), services(part('engine'), part('x', { start: portInUse })))
    await expect(running.ready).rejects.toThrow('PORT 8080 cannot be used.')
    expect(steps.slice(-3)).toEqual(['x stops', 'engine stops', 'database stops'])
  })
})
