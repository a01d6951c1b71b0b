import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Bus, Unlisten } from '../../platform/bus/bus.ts'
import { createInProcessBus } from '../../platform/bus/in-process-bus.ts'
import { createLogger } from '../../platform/log.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import type { DeviceMark, DeviceMarks } from '../../protocol/feed-commands.ts'
import { deviceMarksSubject, feedQueue } from '../../protocol/subjects.ts'
import { deviceMarksPerMessageMax } from '../limits.ts'
import type { DeviceMarkBoard } from '../ports/device-mark-board.ts'
import { createBusDeviceMarkBoard } from './bus-device-mark-board.ts'

let bus: Bus
let board: DeviceMarkBoard
let heard: (readonly DeviceMark[])[]
let unlisten: Unlisten | undefined

beforeEach(async () => {
  bus = createInProcessBus({ copy: true })
  heard = []
  const log = createLogger({ name: 'test', level: 'silent' })
  board = createBusDeviceMarkBoard({ bus, log })
  const hear = async (message: unknown): Promise<void> => {
    heard.push((message as DeviceMarks).marks)
  }
  unlisten = await bus.serve(deviceMarksSubject, hear, { queue: feedQueue })
})
afterEach(() => unlisten?.())

const mark = (seq: number): DeviceMark => ({ userId: 'ann', deviceId: 'pixel', seq })

test('what is noted in one turn goes together', async () => {
  for (const seq of [1, 2, 3]) board.note(mark(seq))
  await waitFor(() => heard.length === 1)
  board.note(mark(4))
  await waitFor(() => heard.length === 2)
  expect(heard).toEqual([[mark(1), mark(2), mark(3)], [mark(4)]])
})

test('a crowd’s are divided into messages of so many', async () => {
  const seqs = Array.from({ length: 2 * deviceMarksPerMessageMax + 1 }, (_, at) => at)
  for (const seq of seqs) board.note(mark(seq))
  await waitFor(() => heard.length === 3)
  expect(heard.map(({ length }) => length)).toEqual([
    deviceMarksPerMessageMax,
    deviceMarksPerMessageMax,
    1,
  ])
  expect(heard.flat().map(({ seq }) => seq)).toEqual(seqs)
})

test('where no notifier is there they are lost, and nothing else is', async () => {
  unlisten?.()
  board.note(mark(1))
  await new Promise((resolve) => setImmediate(resolve))
  await bus.serve(deviceMarksSubject, async (message) => {
    heard.push((message as DeviceMarks).marks)
  })
  board.note(mark(2))
  await waitFor(() => heard.length === 1)
  expect(heard).toEqual([[mark(2)]])
})
