// Chat while its processes and its database are killed: whatever was acknowledged is there once, in every
// conversation's one order, and clients come back by themselves.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createLogger } from '../platform/log.ts'
import { closePool, createPool, type Pool } from '../platform/postgres/pool.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import { chatChannel } from '../protocol/channels.ts'
import { unhurried } from './testing/chat.ts'
import { type Fleet, type RoleInFleet, startFleet } from './testing/fleet.ts'
import { TalkingCrowd } from './testing/talking-crowd.ts'

describe('people who talk', { timeout: 120_000 }, () => {
  let fleet: Fleet
  let pool: Pool
  let gateways: RoleInFleet[]
  let stores: RoleInFleet[]
  let crowd: TalkingCrowd

  beforeAll(async () => {
    fleet = await startFleet(unhurried)
    const log = createLogger({ name: 'test', level: 'silent' })
    pool = createPool(fleet.databaseUrl, { log, applicationName: 'test' })
    stores = [await fleet.add('chat'), await fleet.add('chat')]
    gateways = [await fleet.add('gateway'), await fleet.add('gateway')]
  }, 120_000)

  afterEach(() => crowd.leave())
  afterAll(async () => {
    await closePool(pool)
    await fleet.stop()
  })

  async function gather(): Promise<void> {
    crowd = new TalkingCrowd({ gateways: () => gateways.map(({ url }) => url), pairs: 4 })
    await crowd.start()
    await crowd.goOn()
  }

  test('I19: lose nothing where a gateway is killed, and find another by themselves', async () => {
    await gather()
    const [killed, left] = gateways
    await killed?.end('SIGKILL')
    await crowd.goOn()
    gateways = gateways.filter((gateway) => gateway === left)
    expect(await crowd.end(pool)).toEqual([])
    expect(crowd.people.every(({ startsOver }) => startsOver === 0)).toBe(true)
  })

  test('I4: hear each outcome once where a store is killed in the middle of a batch', async () => {
    await gather()
    const [killed, left] = stores
    await killed?.end('SIGKILL')
    await crowd.goOn()
    // Alone for a moment, until another one comes.
    await left?.end('SIGKILL')
    stores = [await fleet.add('chat')]
    await crowd.goOn()
    expect(await crowd.end(pool)).toEqual([])
  })
})
