import { describe, expect, test } from 'vitest'
import { fileDescriptorLimit, parseFileDescriptorLimit } from './file-descriptors.ts'

describe('the limit of file descriptors', () => {
  test.each([
    ['Max open files            1024                 524288               files', 524_288],
    ['Max open files            1024                 unlimited            files', Infinity],
    ['Max processes             1024                 524288               processes', 10_240],
  ])('%s', (line, limit) => {
    const text = `Limit                     Soft Limit           Hard Limit           Units\n${line}\n`
    expect(parseFileDescriptorLimit(text)).toBe(limit)
  })

  test('is assumed where the system does not tell', () => {
    expect(fileDescriptorLimit('/nowhere/limits')).toBe(10_240)
  })
})
