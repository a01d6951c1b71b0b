// What every journal promises, whatever it is made of.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { uuidv7 } from '../../platform/ids.ts'
import { shardOf } from '../../protocol/subjects.ts'
import type { LotCommand } from '../core/decision.ts'
import { Draft } from '../core/draft.ts'
import { type ChainEnds, seal } from '../shell/audit-chain.ts'
import { createLot, placeBid, publishLot, termsAt } from '../testing/commands.ts'
import type { LotBatch, LotChange, LotJournal, SealedEvent, StoredLot } from './lot-journal.ts'
import type { ShardLeases } from './shard-leases.ts'

/** Two engines on one store: what the one does, the other must live with. */
export interface JournalWorld {
  readonly first: { readonly journal: LotJournal; readonly leases: ShardLeases }
  readonly second: { readonly journal: LotJournal; readonly leases: ShardLeases }
  /** Lets the leases that are held run out. */
  expireLeases(): Promise<void>
  close(): Promise<void>
}

const atMs = Date.UTC(2026, 0, 1, 12)

/** Decides the commands on the lot and makes the change of them. */
function changeOf(
  lotId: string,
  epoch: number,
  stored: StoredLot | undefined,
  commands: readonly LotCommand[],
): LotChange {
  const draft = new Draft(stored?.lot)
  const events: SealedEvent[] = []
  let ends: ChainEnds | undefined = stored
  for (const command of commands) {
    const decision = draft.decide(command, atMs, undefined)
    if (decision.type !== 'decided' || draft.lot === undefined) throw new Error(decision.type)
    ends = seal(decision, draft.lot.rules, ends, events)
  }
  const { lot, decided } = draft
  if (lot === undefined || ends === undefined) throw new Error('nothing was decided')
  return {
    lotId,
    shard: shardOf(lotId),
    epoch,
    before: { seq: stored?.lot.now.seq ?? 0, decisionNo: stored?.lot.now.decisionNo ?? 0 },
    after: { lot, ...ends },
    rulesChanged: decided.some(({ rules }) => rules !== undefined),
    decided,
    events,
  }
}

function batchOf(...lots: LotChange[]): LotBatch {
  return { batchId: uuidv7(), atMs, lots }
}

export function describeJournal(name: string, make: () => Promise<JournalWorld>): void {
  describe(`${name} as a journal of lots`, () => {
    let world: JournalWorld
    let lotId: string

    beforeEach(async () => {
      world = await make()
      lotId = uuidv7()
    })
    afterEach(() => world.close())

    /** The epoch of the lot's shard after `owner` took what it could; of a fresh store's shards it is one. */
    async function epochAfterTaking(owner: JournalWorld['first']): Promise<number> {
      const leases = await owner.leases.acquire([])
      const lease = leases.find(({ shard }) => shard === shardOf(lotId))
      if (lease === undefined) throw new Error('the shard was not free')
      return lease.epoch
    }

    function opening(epoch: number, id = lotId): LotChange {
      return changeOf(id, epoch, undefined, [createLot(id, termsAt(atMs)), publishLot(id)])
    }

    async function claimed({ journal }: JournalWorld['first'], epoch: number): Promise<StoredLot> {
      const [found] = await journal.claim([{ lotId, epoch }])
      if (found?.type !== 'claimed') throw new Error(`the lot is ${found?.type}`)
      return found.stored
    }

    test('I1: what was committed is read back as it was', async () => {
      const epoch = await epochAfterTaking(world.first)
      const opened = opening(epoch)
      const result = await world.first.journal.commit(batchOf(opened))
      expect(result).toMatchObject({ type: 'done', verdicts: [{ type: 'committed' }] })
      const bids = changeOf(lotId, epoch, opened.after, [
        placeBid(lotId, { by: 'ann', max: 5_000 }),
        placeBid(lotId, { by: 'bob', max: 3_000 }),
        placeBid(lotId, { by: 'eve', max: 1_000 }),
      ])
      await world.first.journal.commit(batchOf(bids))

      const stored = await claimed(world.first, epoch)
      expect(stored.lot.rules).toEqual(bids.after.lot.rules)
      expect(stored.lot.now).toEqual(bids.after.lot.now)
      expect(stored.lot.now).toMatchObject({ price: 3_100, leaderId: 'ann', decisionNo: 5 })
      expect(new Map(stored.lot.standings.entries())).toEqual(
        new Map(bids.after.lot.standings.entries()),
      )
      expect(Buffer.from(stored.hash)).toEqual(Buffer.from(bids.after.hash))
      expect(Buffer.from(stored.rulesHash)).toEqual(Buffer.from(opened.after.rulesHash))
    })

    test('a standing that was taken back is restored as the core left it', async () => {
      const epoch = await epochAfterTaking(world.first)
      const endsAt = atMs + 30 * 3_600_000
      const terms = termsAt(atMs, { retraction: 'ebay', endsAt })
      const bid = placeBid(lotId, { by: 'bob', max: 8_000 })
      const change = changeOf(lotId, epoch, undefined, [
        createLot(lotId, terms),
        publishLot(lotId),
        placeBid(lotId, { by: 'ann', max: 5_000 }),
        bid,
        {
          type: 'retract_bid',
          lotId,
          commandId: uuidv7(),
          actor: bid.actor,
          clientBidId: bid.commandId,
          reason: 'typing_error',
        },
      ])
      expect(change.after.lot.now.leaderId).toBe('ann')
      await world.first.journal.commit(batchOf(change))
      const stored = await claimed(world.first, epoch)
      expect(new Map(stored.lot.standings.entries())).toEqual(
        new Map(change.after.lot.standings.entries()),
      )
    })

    test('I1: the same batch, sent again, takes effect once', async () => {
      const epoch = await epochAfterTaking(world.first)
      const batch = batchOf(opening(epoch))
      await world.first.journal.commit(batch)
      expect(await world.first.journal.commit(batch)).toMatchObject({
        type: 'done',
        verdicts: [{ type: 'committed' }],
      })
      expect((await claimed(world.first, epoch)).lot.now.decisionNo).toBe(2)
    })

    test('I2: a batch for a lot which stands elsewhere changes nothing of it', async () => {
      const epoch = await epochAfterTaking(world.first)
      const opened = opening(epoch)
      await world.first.journal.commit(batchOf(opened))
      const bid = (by: string) =>
        batchOf(changeOf(lotId, epoch, opened.after, [placeBid(lotId, { by, max: 5_000 })]))
      await world.first.journal.commit(bid('ann'))
      expect(await world.first.journal.commit(bid('bob'))).toEqual({
        type: 'done',
        verdicts: [{ type: 'conflict' }],
      })
      expect((await claimed(world.first, epoch)).lot.now.leaderId).toBe('ann')
    })

    test('I11: a stale owner stores nothing, and other lots of its batch are unharmed', async () => {
      const other = uuidv7()
      const epoch = await epochAfterTaking(world.first)
      const opened = opening(epoch)
      await world.first.journal.commit(batchOf(opened))
      await world.expireLeases()
      const newEpoch = await epochAfterTaking(world.second)
      expect(newEpoch).toBeGreaterThan(epoch)

      // Nobody has claimed the lot yet: the shard's lease alone is enough to stop the stale owner.
      const late = changeOf(lotId, epoch, opened.after, [
        placeBid(lotId, { by: 'eve', max: 9_000 }),
      ])
      const fresh = opening(newEpoch, other)
      const result = await world.first.journal.commit(batchOf(late, fresh))
      expect(result).toMatchObject({
        type: 'done',
        verdicts: [{ type: 'fenced' }, { type: 'committed' }],
      })
      expect(await world.first.journal.claim([{ lotId, epoch }])).toEqual([{ type: 'fenced' }])
      expect((await claimed(world.second, newEpoch)).lot.now.price).toBeNull()
    })

    test('I4: a command decided before undoes its batch, and its first answer is found', async () => {
      const epoch = await epochAfterTaking(world.first)
      const opened = opening(epoch)
      await world.first.journal.commit(batchOf(opened))
      const bid = placeBid(lotId, { by: 'ann', max: 5_000 })
      const first = changeOf(lotId, epoch, opened.after, [bid])
      await world.first.journal.commit(batchOf(first))
      const again = changeOf(lotId, epoch, first.after, [
        placeBid(lotId, { by: 'bob', max: 7_000 }),
        bid,
      ])
      expect(await world.first.journal.commit(batchOf(again))).toEqual({ type: 'seen_before' })
      expect((await claimed(world.first, epoch)).lot.now.leaderId).toBe('ann')

      const [found, missing] = await world.first.journal.answers([
        { lotId, actorId: 'ann', commandId: bid.commandId },
        { lotId, actorId: 'bob', commandId: bid.commandId },
      ])
      const [decided] = first.decided
      expect(found).toEqual({ fingerprint: decided?.fingerprint, reply: decided?.reply })
      expect(missing).toBeUndefined()
    })

    test('a lot that does not exist is unknown', async () => {
      const epoch = await epochAfterTaking(world.first)
      expect(await world.first.journal.claim([{ lotId, epoch }])).toEqual([{ type: 'unknown' }])
    })

    test('open lots and lots that are due are found by shard', async () => {
      const later = uuidv7()
      const epoch = await epochAfterTaking(world.first)
      const startsAt = atMs + 10_000
      const scheduled = changeOf(later, epoch, undefined, [
        createLot(later, termsAt(atMs, { startsAt })),
        publishLot(later),
      ])
      const { journal } = world.first
      await journal.commit(batchOf(opening(epoch), scheduled))
      const shards = [shardOf(lotId), shardOf(later)]
      const endsAt = atMs + 3_600_000
      expect(await journal.openLots(shards)).toEqual([lotId])
      expect(await journal.openLots([(shardOf(lotId) + 1) % 256])).toEqual([])
      expect(await journal.dueLots(shards, startsAt, 10)).toEqual([])
      expect(await journal.dueLots(shards, startsAt + 1, 10)).toEqual([later])
      expect((await journal.dueLots(shards, endsAt + 1, 10)).toSorted()).toEqual(
        [lotId, later].toSorted(),
      )
      expect(await journal.dueLots(shards, endsAt + 1, 1)).toHaveLength(1)
    })

    test('epochs only grow, whoever takes the shard and however it was given back', async () => {
      const lost = await epochAfterTaking(world.first)
      expect(await world.second.leases.acquire([])).toEqual([])
      // The same owner after a crash need not wait.
      const again = await epochAfterTaking(world.first)
      expect(again).toBeGreaterThan(lost)
      const mine = { shard: shardOf(lotId), epoch: again }
      expect(await world.first.leases.renew([{ ...mine, epoch: lost }, mine])).toEqual([mine])
      await world.first.leases.release([{ ...mine, epoch: lost }])
      expect(await world.first.leases.renew([mine])).toEqual([mine])
      await world.first.leases.release([mine])
      expect(await world.first.leases.renew([mine])).toEqual([])
      const [taken, ...others] = await world.second.leases.acquire([])
      expect(taken).toMatchObject({ ...mine, epoch: again + 1, from: 'given_up' })
      expect(others).toEqual([])
    })

    test('shards that are held are not taken anew', async () => {
      const leases = await world.first.leases.acquire([])
      const kept = leases.slice(1).map(({ shard }) => shard)
      const [first] = leases
      expect(await world.first.leases.acquire(kept)).toMatchObject([
        { shard: first?.shard, epoch: (first?.epoch ?? 0) + 1, from: 'itself' },
      ])
    })
  })
}
