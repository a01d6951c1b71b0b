import { describe, expect, test } from 'vitest'
import { createLogger } from '../../platform/log.ts'
import { createTurn, type Phase, type Turn } from './turn.ts'

function stage() {
  const log = createLogger({ name: 'test', level: 'silent' })
  const deferred: (() => void)[] = []
  const done: string[] = []
  const turn: Turn = createTurn(log, (action) => void deferred.push(action))
  return {
    deferred,
    done,
    enter: (phase: Phase, name: string, then?: () => void) =>
      turn.enter(phase, {
        flush: () => {
          done.push(name)
          then?.()
        },
      }),
  }
}

describe('a turn', () => {
  test('ends with durable channels, then sockets, then state channels, whoever came first', () => {
    const { deferred, done, enter } = stage()
    enter('state', 'lot')
    enter('outbox', 'socket')
    enter('durable', 'feed', () => enter('outbox', 'another socket'))
    expect(done).toEqual([])
    expect(deferred).toHaveLength(1)
    deferred[0]?.()
    expect(done).toEqual(['feed', 'socket', 'another socket', 'lot'])
    expect(deferred).toHaveLength(1)
  })

  test('leaves what enters an earlier phase to a turn of its own', () => {
    const { deferred, done, enter } = stage()
    enter('state', 'lot', () => enter('outbox', 'socket'))
    deferred[0]?.()
    expect(done).toEqual(['lot'])
    expect(deferred).toHaveLength(2)
    deferred[1]?.()
    expect(done).toEqual(['lot', 'socket'])
  })

  test('goes on where one of them fails', () => {
    const { deferred, done, enter } = stage()
    enter('outbox', 'broken', () => {
      throw new Error('broken')
    })
    enter('outbox', 'sound')
    deferred[0]?.()
    expect(done).toEqual(['broken', 'sound'])
  })
})
