import { beforeEach, expect, test } from 'vitest'
import { beat } from './beat.ts'
import { createLogger } from './log.ts'
import { settled } from './testing/turns.ts'
import { VirtualClock } from './testing/virtual-clock.ts'

const log = createLogger({ name: 'test', level: 'silent' })

let clock: VirtualClock
let begun: number
let end: () => void

beforeEach(() => {
  clock = new VirtualClock()
  begun = 0
})

/** Work that is under way until `end` is called. */
function work(): Promise<void> {
  begun += 1
  return new Promise((resolve) => {
    end = resolve
  })
}

test('a beat begins when its time has come, and never while the one before is under way', async () => {
  const each = beat('work', 1_000, work, { clock, log })
  await clock.advanceAsync(3_000)
  expect(begun).toBe(1)
  end()
  await clock.advanceAsync(1_000)
  expect(begun).toBe(2)
  end()
  await each.stop()
  expect(clock.pending).toBe(0)
})

test('what is wanted soon is done now, or once more after the beat under way', async () => {
  const each = beat('work', 1_000, work, { clock, log })
  each.soon()
  expect(begun).toBe(1)
  each.soon()
  each.soon()
  expect(begun).toBe(1)
  end()
  await settled()
  expect(begun).toBe(2)
  end()
  await settled()
  expect(begun).toBe(2)
  await each.stop()
})

test('a beat that fails does not end the beating', async () => {
  const each = beat('work', 1_000, () => work().then(() => Promise.reject(new Error('away'))), {
    clock,
    log,
  })
  await clock.advanceAsync(1_000)
  end()
  await clock.advanceAsync(1_000)
  expect(begun).toBe(2)
  end()
  await each.stop()
})

test('that a beat fails is said once, and once that it works again', async () => {
  const lines: object[] = []
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) }
  let isAway = true
  const look = async () => {
    if (isAway) throw new Error('away')
  }
  const telling = createLogger({ name: 'test', destination })
  const each = beat('look', 1_000, look, { clock, log: telling })
  await clock.advanceAsync(60_000)
  isAway = false
  await clock.advanceAsync(60_000)
  expect(lines).toMatchObject([
    { level: 'warn', beat: 'look', err: { message: 'away' } },
    { level: 'info', beat: 'look', msg: 'a periodic task works again' },
  ])
  isAway = true
  await clock.advanceAsync(2_000)
  expect(lines).toHaveLength(3)
  await each.stop()
})

test('once stopped nothing begins any more, and what is under way is waited for', async () => {
  const each = beat('work', 1_000, work, { clock, log })
  each.soon()
  each.soon()
  let isStopped = false
  const stopping = each.stop().finally(() => {
    isStopped = true
  })
  await settled()
  expect(isStopped).toBe(false)
  end()
  await stopping
  each.soon()
  await clock.advanceAsync(5_000)
  expect(begun).toBe(1)
})
