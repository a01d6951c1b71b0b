import { expect, test } from 'vitest'
import type { Bus } from '../../platform/bus/bus.ts'
import { createInProcessBus } from '../../platform/bus/in-process-bus.ts'
import { createMetrics } from '../../platform/metrics.ts'
import { createChatMetrics } from './chat-metrics.ts'
import { Teller } from './teller.ts'

const conversationId = '0190a1b2-1111-7222-8333-123456789abc'
const events = [{ seq: 1, at: 1_000, type: 'receipt' as const, publication: { seq: 1 } }] as never

function tellerOn(bus: Bus): { readonly teller: Teller; readonly published: number[] } {
  const published: number[] = []
  const metrics = createChatMetrics(createMetrics({ role: 'test', ofProcess: false }))
  const onPublished = (outboxId: number) => void published.push(outboxId)
  return { teller: new Teller({ bus, metrics, onPublished }), published }
}

test('what was told need not be told by the relay', () => {
  const { teller, published } = tellerOn(createInProcessBus())
  teller.tell(conversationId, events, 7)
  expect(published).toEqual([7])
  expect(teller.repeat([{ outboxId: 8, conversationId, events }])).toHaveLength(1)
})

test('what the bus could not take is left to the relay', () => {
  const { teller, published } = tellerOn({ ...createInProcessBus(), publish: () => false })
  teller.tell(conversationId, events, 7)
  expect(published).toEqual([])
  expect(teller.repeat([{ outboxId: 8, conversationId, events }])).toEqual([])
})
