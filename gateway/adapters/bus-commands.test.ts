import { expect, test } from 'vitest'
import { verdictDeadlineMs } from '../limits.ts'
import { asking } from '../testing/asking.ts'
import { BusCommands, type Errand } from './bus-commands.ts'

const errand: Errand<object> = { subject: 'cmd.test', command: {}, names: {}, logged: {} }

test('the log tells of many answers that are lost at once in one line, and of how many in the next', async () => {
  const { bus, clock, lines, options } = asking()
  await bus.serve(errand.subject, async () => {
    throw new Error('it is away')
  })
  const commands = new BusCommands(options)
  const bringMany = async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, nth) => commands.bring({ ...errand, logged: { nth } })),
    )
    expect(outcomes).toEqual(outcomes.map(() => expect.objectContaining({ outcome: 'unknown' })))
  }
  await bringMany()
  await bringMany()
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ nth: 0, lost: 1 }])
  await clock.advanceAsync(verdictDeadlineMs)
  await bringMany()
  expect(lines.map((line) => JSON.parse(line)).slice(1)).toMatchObject([{ nth: 0, lost: 100 }])
})
