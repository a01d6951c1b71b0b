import { expect, test } from 'vitest'
import { createLogger } from './log.ts'
import { Outage } from './outage.ts'

test('an outage is said when it begins and when it is over, each time that there is one', () => {
  const lines: string[] = []
  const destination = {
    write: (line: string) => {
      const { level, msg, err } = JSON.parse(line)
      lines.push([level, msg, err?.message].filter(Boolean).join(' '))
    },
  }
  const log = createLogger({ name: 'test', destination })
  const outage = new Outage(log, { begins: 'telling fails', ends: 'telling works again' })
  outage.worked()
  for (const reason of ['gone', 'still gone']) outage.failed(new Error(reason))
  for (let times = 0; times < 2; times += 1) outage.worked()
  outage.failed(new Error('gone again'))
  expect(lines).toEqual([
    'warn telling fails gone',
    'info telling works again',
    'warn telling fails gone again',
  ])
})
