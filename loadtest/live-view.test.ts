import { expect, test } from 'vitest'
import { createLiveView, lineOf, pictureOf, type Told } from './live-view.ts'
import { aRun, harmful } from './report/testing/a-run.ts'
import type { Progress } from './run/run.ts'

const told: Told = { scenario: 'auction', connections: 100, duration: 8 }

function performing(secondsInPhase: number, errors: Progress['errors'] = new Map()): Progress {
  const second = aRun().timeline.seconds.find(({ at }) => at === 6)
  return { phase: 'perform', secondsInPhase, second, errors }
}

test('the bar, rates, times and errors of a second', () => {
  const picture = pictureOf(told, performing(4, new Map([['HTTP 503', 12]])), 80)
  expect(picture[0]).toBe(`${'█'.repeat(13)}${'░'.repeat(13)} auction: 4 of 8 s`)
  expect(picture[1]).toBe('100 of 100 connected')
  expect(picture[2]).toBe('  commands sent 50/s')
  expect(picture[3]).toMatch(/^ +p50 +p90 +p99 +most$/)
  expect(picture[4]).toMatch(/^ {2}bid due → verdict( +10(\.\d)? ms){4}$/)
  expect(picture[5]).toBe('  12 × HTTP 503')
})

test('devices that come fill the bar by their number', () => {
  const second = aRun().timeline.seconds.find(({ at }) => at === 1)
  const progress: Progress = { phase: 'ramp', secondsInPhase: 30, second, errors: new Map() }
  expect(pictureOf(told, progress, 61)[0]).toBe(
    `${'█'.repeat(10)}${'░'.repeat(10)} auction: devices come, for 30 s`,
  )
})

test('what goes on after its time is named', () => {
  expect(pictureOf(told, performing(20), 80)[0]).toContain('waiting for what was asked, for 12 s')
  const judging: Progress = { ...performing(3), phase: 'audit' }
  expect(pictureOf(told, judging, 80)).toHaveLength(1)
})

test.each([20, 40, 79, 200])('no line is wider than a terminal of %i columns', (width) => {
  const errors = new Map([['e'.repeat(300), 1]])
  const widths = pictureOf(told, performing(4, errors), width).map(
    (line) => Array.from(line).length,
  )
  expect(Math.max(...widths)).toBeLessThanOrEqual(width)
})

test('the words of a server move no cursor', () => {
  const progress = performing(4, new Map([[`${harmful}\n`, 1]]))
  expect(pictureOf(told, progress, 200).join('')).not.toMatch(/\p{Cc}/u)
  expect(lineOf(told, progress)).not.toMatch(/\p{Cc}/u)
})

test('many kinds of errors are counted, and the most frequent shown', () => {
  const errors = new Map(Array.from({ length: 12 }, (_, nth) => [`kind ${nth}`, nth + 1]))
  const picture = pictureOf(told, performing(4, errors), 80)
  expect(picture.slice(-6)[0]).toBe('  12 × kind 11')
  expect(picture.at(-1)).toBe('  and 7 other kinds of errors')
})

test('on a terminal each picture is written over the one before, in one piece', () => {
  const written: string[] = []
  const write = (text: string | Uint8Array) => written.push(String(text)) > 0
  const view = createLiveView(told, { write, isTTY: true, columns: 80, rows: 24 })
  view.show(performing(1))
  view.show(performing(2))
  view.end()
  expect(written).toHaveLength(3)
  const height = pictureOf(told, performing(1), 79).length
  expect(written[1]?.startsWith(`\u001B[${height}A`)).toBe(true)
  // Nothing that stands is cleared before it is written over.
  expect(written[1]?.indexOf('\u001B[J')).toBe((written[1]?.length ?? 0) - 3)
  expect(written[2]).toBe('\u001B[?25h')
})

test('a low terminal is never scrolled', () => {
  const written: string[] = []
  const write = (text: string | Uint8Array) => written.push(String(text)) > 0
  const view = createLiveView(told, { write, isTTY: true, columns: 80, rows: 4 })
  view.show(performing(1))
  expect(written[0]?.split('\n')).toHaveLength(4)
})

test('elsewhere there is a line now and then, and one at each change', () => {
  const written: string[] = []
  const view = createLiveView(told, { write: (text) => written.push(String(text)) > 0 })
  for (const second of [0, 1, 2, 3, 4, 5, 6]) view.show(performing(second))
  view.show({ ...performing(0), phase: 'audit' })
  expect(written).toHaveLength(3)
  expect(written[1]).toMatch(/^auction: 5 of 8 s · 100 of 100 connected · commands sent 50\/s · /)
  expect(written.join('')).not.toContain('\u001B')
})
