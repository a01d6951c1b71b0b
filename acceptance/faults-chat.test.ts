// Chat while its gateways, its stores and its database are killed: whatever was acknowledged is there once,
// in the one order of its conversation, and people come back by themselves.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { waitFor } from '../platform/testing/wait-for.ts'
import { chatChannel } from '../protocol/channels.ts'
import { unhurried } from './testing/chat.ts'
import { type FleetOnOwnPostgres, startFleetOnOwnPostgres } from './testing/fleet.ts'
import { gatherTalkingCrowd, type TalkingCrowd } from './testing/talking-crowd.ts'

describe('people who talk', { timeout: 180_000 }, () => {
  let fleet: FleetOnOwnPostgres
  let crowd: TalkingCrowd | undefined

  beforeAll(async () => {
    fleet = await startFleetOnOwnPostgres(unhurried)
    await Promise.all([
      fleet.add('chat'),
      fleet.add('chat'),
      fleet.add('gateway'),
      fleet.add('gateway'),
    ])
  }, 120_000)
  afterEach(() => crowd?.leave())
  afterAll(() => fleet.stop())

  async function talk(): Promise<TalkingCrowd> {
    crowd = await gatherTalkingCrowd(fleet)
    await crowd.eachHears(3)
    return crowd
  }

  test('I19: lose nothing where their gateway is killed, and find another by themselves', async () => {
    const talking = await talk()
    await fleet.running('gateway')[0]?.end('SIGKILL')
    await talking.eachHears(3)
    for (const { conversationId, centrifuge } of talking.people) {
      // Whoever was on the dead gateway has come again; who they were there is forgotten with its lease.
      await waitFor(
        async () => {
          const { numClients } = await centrifuge.presenceStats(chatChannel(conversationId))
          return numClients === 2
        },
        { timeoutMs: 30_000, what: 'two people in a conversation of two' },
      )
    }
    await talking.judge()
    expect(talking.startsOver).toBe(0)
    await fleet.add('gateway')
  })

  test('I4: hear each outcome once where stores are killed in the middle of a batch', async () => {
    const talking = await talk()
    await fleet.running('chat')[0]?.end('SIGKILL')
    await talking.eachHears(3)
    // For a moment there is none at all.
    await fleet.running('chat')[0]?.end('SIGKILL')
    await fleet.add('chat')
    await talking.eachHears(3)
    await talking.judge()
    expect(talking.startsOver).toBe(0)
  })

  test('I1: lose nothing that was acknowledged before PostgreSQL was killed', async () => {
    const talking = await talk()
    await fleet.postgres.kill()
    await fleet.postgres.startAgain()
    await talking.eachHears(3)
    await talking.judge()
  })

  test('I1: learn what became of a message whose COMMIT was cut off', async () => {
    const talking = await talk()
    for (let times = 0; times < 5; times += 1) {
      expect(await fleet.postgres.cutConnections('outcry chat')).toBeGreaterThan(0)
      await talking.eachHears(1)
    }
    await talking.judge()
    expect(talking.startsOver).toBe(0)
  })
})
