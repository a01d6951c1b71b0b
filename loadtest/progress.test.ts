import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { createProgress } from './progress.ts'

test('where there is no terminal, progress is a line now and then, and none for the end', async () => {
  const output = new PassThrough()
  const progress = createProgress(100, 'auctions', output)
  for (let done = 1; done <= 100; done += 1) progress.update(done, `${done * 2} bids`)
  progress.stop()
  output.end()
  const lines = (await text(output)).trim().split('\n')
  expect(lines).toHaveLength(9)
  expect(lines[0]).toBe('10 of 100 auctions · 20 bids')
  expect(lines[8]).toBe('90 of 100 auctions · 180 bids')
})

test('few steps are told one by one', async () => {
  const output = new PassThrough()
  const progress = createProgress(3, 'auctions', output)
  for (let done = 1; done <= 3; done += 1) progress.update(done, 'going')
  output.end()
  expect(await text(output)).toBe('1 of 3 auctions · going\n2 of 3 auctions · going\n')
})
