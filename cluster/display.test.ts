import { expect, test } from 'vitest'
import { createDisplay, tableOf } from './display.ts'
import type { Row } from './rows.ts'

const sinceMs = new Date(2026, 4, 1, 9, 5, 7).getTime()
const rows: readonly Row[] = [
  { name: 'nats', pid: 4711, port: 4222, state: 'running', sinceMs },
  { name: 'gateway-1', pid: 12, port: 8080, metricsPort: 9464, state: 'not ready: NATS', sinceMs },
  { name: 'engine-1', state: 'waiting', sinceMs },
]
const [nats, gateway, engine] = rows as [Row, Row, Row]

function output(terminal?: { readonly rows: number; readonly columns: number }) {
  const written: string[] = []
  const write = (text: string | Uint8Array) => written.push(String(text)) > 0
  return {
    written,
    stream: { write, ...(terminal === undefined ? {} : { isTTY: true, ...terminal }) },
  }
}

test('the table is aligned, and cut where the terminal ends', () => {
  expect(tableOf(rows, 79)).toEqual([
    'role       pid   port  metrics  since     state',
    'nats       4711  4222           09:05:07  running',
    'gateway-1  12    8080  9464     09:05:07  not ready: NATS',
    'engine-1                        09:05:07  waiting',
  ])
  expect(tableOf(rows, 12)[1]).toBe('nats       4')
})

test('where there is no terminal each change is a line', () => {
  const { stream, written } = output()
  const { show, say } = createDisplay(stream, rows.length)
  show(rows, gateway)
  say('Draining.')
  show(rows, engine)
  expect(written).toEqual([
    '09:05:07 gateway-1, pid 12, port 8080: not ready: NATS\n',
    'Draining.\n',
    '09:05:07 engine-1: waiting\n',
  ])
})

test('on a terminal the table is drawn over itself, and what is said stays above', () => {
  const { stream, written } = output({ rows: 24, columns: 80 })
  const { show, say } = createDisplay(stream, rows.length)
  show(rows, nats)
  say('engine-1: exit 70.')
  show(rows, gateway)
  const table = `${tableOf(rows, 79).join('\n')}\n`
  const erase = '\u001B[4A\u001B[J'
  expect(written).toEqual([table, `${erase}engine-1: exit 70.\n${table}`, `${erase}${table}`])
})

test('a table that is higher than the terminal is told by lines', () => {
  const { stream, written } = output({ rows: 5, columns: 80 })
  createDisplay(stream, rows.length).show(rows, nats)
  expect(written).toEqual(['09:05:07 nats, pid 4711, port 4222: running\n'])
})
