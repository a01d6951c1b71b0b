import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Bus } from '../../platform/bus/bus.ts'
import { createInProcessBus } from '../../platform/bus/in-process-bus.ts'
import { createLogger } from '../../platform/log.ts'
import { createMetrics, type Registry } from '../../platform/metrics.ts'
import { VirtualClock } from '../../platform/testing/virtual-clock.ts'
import type { DeviceMark } from '../../protocol/feed-commands.ts'
import { deviceMarksSubject } from '../../protocol/subjects.ts'
import { deskTriesMax, deviceMarksMax, gatherMarksMs } from '../limits.ts'
import { DeviceMarkGatherer } from './device-marks.ts'
import { createDeskMetrics } from './feed-desk.metrics.ts'

let clock: VirtualClock
let bus: Bus
let registry: Registry
/** What each statement wrote. */
let written: (readonly DeviceMark[])[]
let faults: Error[]
let gatherer: DeviceMarkGatherer

beforeEach(async () => {
  clock = new VirtualClock(10_000)
  bus = createInProcessBus({ copy: true })
  registry = createMetrics({ role: 'test', ofProcess: false })
  written = []
  faults = []
  const note = async (marks: readonly DeviceMark[]): Promise<void> => {
    const fault = faults.shift()
    if (fault !== undefined) throw fault
    written.push(marks)
  }
  const log = createLogger({ name: 'test', level: 'silent' })
  const metrics = createDeskMetrics(registry)
  gatherer = new DeviceMarkGatherer({ register: { note }, bus, clock, log, metrics })
  await gatherer.start()
})
afterEach(async () => {
  await gatherer.stop()
  expect(clock.pending).toBe(0)
})

const mark = (seq: number, deviceId = 'p1', conversationId?: string): DeviceMark => ({
  userId: 'ann',
  deviceId,
  ...(conversationId === undefined ? {} : { conversationId }),
  seq,
})

async function tell(...marks: DeviceMark[]): Promise<void> {
  await bus.request(deviceMarksSubject, { marks }, 1_000)
}

async function counted(outcome: string): Promise<number | undefined> {
  const found = await registry.getSingleMetric('outcry_notifier_device_marks_total')?.get()
  return found?.values.find(({ labels }) => labels['outcome'] === outcome)?.value
}

test('what comes within a moment is one statement, with the highest mark of each stream', async () => {
  await tell(mark(3), mark(1, 'p1', 'talk'))
  await tell(mark(2), mark(4, 'p1', 'talk'), mark(5, 'p2'))
  expect(written).toEqual([])
  await clock.advanceAsync(gatherMarksMs)
  expect(written).toEqual([[mark(3), mark(4, 'p1', 'talk'), mark(5, 'p2')]])
  expect(await counted('written')).toBe(3)
})

test('what comes later is another one', async () => {
  await tell(mark(1))
  await clock.advanceAsync(gatherMarksMs)
  await tell(mark(2))
  await clock.advanceAsync(gatherMarksMs)
  expect(written).toEqual([[mark(1)], [mark(2)]])
})

test('a database that is away for a moment loses nothing', async () => {
  faults = [Object.assign(new Error('away'), { code: '57P01' })]
  await tell(mark(1))
  await clock.advanceAsync(gatherMarksMs)
  expect(written).toEqual([])
  await tell(mark(2))
  await clock.advanceAsync(1_000)
  expect(written).toEqual([[mark(1)], [mark(2)]])
})

test('one that stays away costs the marks, and is counted', async () => {
  faults = Array.from({ length: deskTriesMax }, () =>
    Object.assign(new Error('away'), { code: 'ECONNREFUSED' }),
  )
  await tell(mark(1), mark(1, 'p2'))
  await clock.advanceAsync(60_000)
  expect(written).toEqual([])
  expect(await counted('lost')).toBe(2)
  await tell(mark(3))
  await clock.advanceAsync(gatherMarksMs)
  expect(written).toEqual([[mark(3)]])
})

test('more than there is room for are lost, and known streams still move on', async () => {
  const crowd = Array.from({ length: deviceMarksMax + 7 }, (_, at) => mark(1, `p${at}`))
  await tell(...crowd, mark(9, 'p0'))
  await clock.advanceAsync(gatherMarksMs)
  expect(written[0]).toHaveLength(deviceMarksMax)
  expect(written[0]?.[0]).toEqual(mark(9, 'p0'))
  expect(await counted('lost')).toBe(7)
})

test('what was taken is written before the notifier goes', async () => {
  await tell(mark(1))
  const drained = gatherer.drain()
  await clock.advanceAsync(gatherMarksMs)
  await drained
  expect(written).toEqual([[mark(1)]])
})
