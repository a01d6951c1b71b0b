import { beforeEach, describe, expect, test } from 'vitest'
import { createLogger } from '../../platform/log.ts'
import { VirtualClock } from '../../platform/testing/virtual-clock.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import type { ChatStoreCommand } from '../core/command.ts'
import {
  dayMs,
  erasurePeriodMs,
  type Retention,
  searchPeriodMs,
  thinningPeriodMs,
} from '../limits.ts'
import type { ChatKeeping, MessageRef } from '../ports/chat-keeping.ts'
import { Housekeeping } from './housekeeping.ts'

/** Keeps nothing, and notes what was asked. */
class FakeKeeping implements ChatKeeping {
  readonly asked: string[] = []
  fault: Error | undefined
  /** Conversations that wait to be thinned. */
  old = 0
  folds = 0
  readonly messages = new Map<string, MessageRef[]>()
  readonly erased: string[] = []

  async preparePartitions(nowMs: number, months: number) {
    if (this.fault !== undefined) throw this.fault
    this.asked.push(`prepare ${nowMs} ${months}`)
    return 0
  }
  async thin(kind: string, beforeMs: number, conversationsMax: number) {
    if (this.fault !== undefined) throw this.fault
    this.asked.push(`thin ${kind} before day ${beforeMs / dayMs}`)
    const conversations = Math.min(this.old, conversationsMax)
    this.old -= conversations
    return { conversations, messages: conversations }
  }
  async foldSearch() {
    this.folds += 1
  }
  async dropEmptyPartitions() {
    this.asked.push('drop')
    return 0
  }
  async erasuresToDo() {
    return [...this.messages.keys()].filter((userId) => !this.erased.includes(userId))
  }
  async messagesToErase(userId: string, afterId: string | undefined, limit: number) {
    const all = this.messages.get(userId) ?? []
    return all.filter(({ messageId }) => messageId > (afterId ?? '')).slice(0, limit)
  }
  async eraseTraces(userId: string) {
    this.erased.push(userId)
    return true
  }
}

const nowMs = 100 * dayMs + 5
let clock: VirtualClock
let keeping: FakeKeeping

beforeEach(() => {
  clock = new VirtualClock(nowMs)
  keeping = new FakeKeeping()
})

function housekeeping(
  submit: (command: ChatStoreCommand) => Promise<boolean> = async () => true,
  retention: Retention = { room: 30 },
): Housekeeping {
  const log = createLogger({ name: 'test', level: 'silent' })
  return new Housekeeping({ keeping, retention, submit, clock, log })
}

describe('retention', () => {
  test('there is room for the months to come before anybody talks', async () => {
    const part = housekeeping()
    await part.start()
    expect(keeping.asked).toEqual([`prepare ${nowMs} 2`])
    await part.stop()
  })

  test('a database that is away at the start is waited for', async () => {
    keeping.fault = new Error('away')
    const part = housekeeping()
    const start = part.start()
    await clock.advanceAsync(2_500)
    expect(keeping.asked).toEqual([])
    keeping.fault = undefined
    await clock.advanceAsync(1_000)
    await start
    expect(keeping.asked).toHaveLength(1)
    await part.stop()
  })

  test('whoever is told to end meanwhile waits no more', async () => {
    keeping.fault = new Error('away')
    const part = housekeeping()
    const ended = expect(part.start()).rejects.toThrow('told to end')
    part.giveUp()
    await ended
    await part.stop()
  })

  test('each pass takes all that is old, by whole days, and only of kinds that are not kept for ever', async () => {
    keeping.old = 250
    const part = housekeeping()
    await part.start()
    clock.advance(thinningPeriodMs)
    await waitFor(() => keeping.asked.includes('drop'))
    expect(keeping.asked.filter((each) => each.startsWith('thin'))).toEqual(
      Array.from({ length: 3 }, () => 'thin room before day 70'),
    )
    await part.stop()
  })

  test('a database that is away is tried again in the next pass', async () => {
    const part = housekeeping()
    await part.start()
    keeping.fault = new Error('away')
    clock.advance(thinningPeriodMs)
    keeping.fault = undefined
    await waitFor(() => {
      clock.advance(thinningPeriodMs)
      return keeping.asked.includes('drop')
    })
    await part.stop()
  })
})

test('the search index is looked after while commits go on', async () => {
  const part = housekeeping()
  await part.start()
  await waitFor(() => {
    clock.advance(searchPeriodMs)
    return keeping.folds >= 3
  })
  await part.stop()
  const { folds } = keeping
  clock.advance(10 * searchPeriodMs)
  expect(keeping.folds).toBe(folds)
})

describe('erasure', () => {
  const messagesOfAnn = Array.from({ length: 450 }, (_, nth) => ({
    conversationId: 'c',
    messageId: `m${nth + 100}`,
  }))

  test('every message goes as an event of its conversation, and the traces after the last one', async () => {
    const left = [...messagesOfAnn]
    keeping.messages.set('ann', left)
    const commands: ChatStoreCommand[] = []
    const part = housekeeping(async (command) => {
      commands.push(command)
      if (command.type === 'erase_message') {
        left.splice(
          left.findIndex(({ messageId }) => messageId === command.messageId),
          1,
        )
        expect(keeping.erased).toEqual([])
      }
      return true
    })
    await part.start()
    clock.advance(erasurePeriodMs)
    await waitFor(() => keeping.erased.includes('ann'))
    expect(commands).toHaveLength(450)
    expect(new Set(commands.map(({ type }) => type))).toEqual(new Set(['erase_message']))
    await part.stop()
  })

  test('while a message could not be erased the traces stay, and it is tried again', async () => {
    keeping.messages.set('ann', messagesOfAnn.slice(0, 1))
    let tries = 0
    const part = housekeeping(async () => {
      tries += 1
      if (tries === 3) keeping.messages.set('ann', [])
      return tries === 3
    })
    await part.start()
    await waitFor(() => {
      clock.advance(erasurePeriodMs)
      return keeping.erased.includes('ann')
    })
    expect(tries).toBe(3)
    await part.stop()
  })
})
