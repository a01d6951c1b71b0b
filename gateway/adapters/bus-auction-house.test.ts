import { describe, expect, test } from 'vitest'
import type { EngineCommand } from '../../protocol/engine.ts'
import { lotCommandsSubject, shardOf } from '../../protocol/subjects.ts'
import { verdictDeadlineMs } from '../limits.ts'
import { asking } from '../testing/asking.ts'
import { acceptance, bidId, lotId } from '../testing/lots.ts'
import { noonMs } from '../testing/people.ts'
import { createBusAuctionHouse } from './bus-auction-house.ts'

const canary = 73_313_377
const bid: EngineCommand = {
  type: 'place_bid',
  lotId,
  commandId: bidId,
  actor: { userId: 'ann', roles: [] },
  kind: 'proxy',
  amount: canary,
  currency: 'USD',
}
const retraction: EngineCommand = {
  type: 'retract_bid',
  lotId,
  commandId: lotId,
  actor: { userId: 'ann', roles: [] },
  clientBidId: bidId,
  reason: 'typing_error',
}
const subject = lotCommandsSubject(shardOf(lotId))

function setup() {
  const { options, ...rest } = asking()
  return { ...rest, house: createBusAuctionHouse(options) }
}

describe('a command on a lot', () => {
  test('reaches whoever owns the lot’s shard, and comes back with the verdict', async () => {
    const { bus, house } = setup()
    const heard: unknown[] = []
    await bus.serve(subject, async (command) => {
      heard.push(command)
      return acceptance(command as EngineCommand)
    })
    expect(await house.submit(bid)).toEqual(acceptance(bid))
    expect(heard).toEqual([bid])
  })

  test('waits for an owner, and finds the one that comes', async () => {
    const { bus, clock, house } = setup()
    const verdict = house.submit(bid)
    await clock.advanceAsync(500)
    await bus.serve(subject, async (command) => acceptance(command as EngineCommand))
    await clock.advanceAsync(500)
    expect(await verdict).toMatchObject({ outcome: 'accepted' })
  })

  test('is refused as overloaded where nobody owned the shard until the deadline', async () => {
    const { clock, house } = setup()
    const verdict = house.submit(bid)
    await clock.advanceAsync(verdictDeadlineMs + 100)
    expect(await verdict).toEqual({
      outcome: 'refused',
      code: 'overloaded',
      lotId,
      clientBidId: bidId,
      serverTime: noonMs + verdictDeadlineMs,
      retryable: true,
      retryAfterMs: 500,
    })
    expect(clock.pending).toBe(0)
  })

  test.each([bid, retraction])(
    'is unknown where the answer does not come: $type',
    async (command) => {
      const { bus, clock, house } = setup()
      await bus.serve(subject, async () => await new Promise(() => {}))
      const verdict = house.submit(command)
      await clock.advanceAsync(verdictDeadlineMs + 100)
      expect(await verdict).toMatchObject({
        outcome: 'unknown',
        code: 'outcome_unknown',
        lotId,
        clientBidId: bidId,
        retryable: true,
      })
    },
  )

  test('I12: is unknown where its owner fails, and the log holds neither bid nor cause of secrets', async () => {
    const { bus, house, lines } = setup()
    await bus.serve(subject, async (command) => {
      throw Object.assign(new Error('the disk is full'), { command })
    })
    expect(await house.submit(bid)).toMatchObject({ outcome: 'unknown', clientBidId: bidId })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('the disk is full')
    expect(lines[0]).not.toContain(String(canary))
  })
})
