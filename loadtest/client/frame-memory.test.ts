import { expect, test } from 'vitest'
import { jsonClientCodec } from '../../protocol/client-codec.ts'
import { createFrameReader } from './frame-memory.ts'

const pushOf = (offset: number) =>
  Buffer.from(JSON.stringify({ push: { channel: 'lot:1', pub: { offset, data: 'x'.repeat(80) } } }))

test('the same frame is read once, and gives the same objects to all', () => {
  const reader = createFrameReader(jsonClientCodec)
  const first = reader.read(pushOf(1), false)
  expect(reader.read(pushOf(1), false)).toBe(first)
  expect(reader.read(pushOf(2), false)).not.toBe(first)
  expect(reader.read(pushOf(1), false)).toBe(first)
})

test('what was lent may be overwritten afterwards', () => {
  const reader = createFrameReader(jsonClientCodec)
  const lent = pushOf(1)
  reader.read(lent, false)
  pushOf(2).copy(lent)
  expect(reader.read(lent, false)).toMatchObject([{ push: { pub: { offset: 2 } } }])
  expect(reader.read(pushOf(1), false)).toMatchObject([{ push: { pub: { offset: 1 } } }])
})

test('what is long past is forgotten and read again, right as before', () => {
  const reader = createFrameReader(jsonClientCodec)
  for (let offset = 0; offset < 100; offset += 1) reader.read(pushOf(offset), false)
  expect(reader.read(pushOf(0), false)).toMatchObject([{ push: { pub: { offset: 0 } } }])
})
