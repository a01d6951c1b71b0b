import canonicalize from 'canonicalize'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from './canonical-json.ts'

test('the members of an object are in order, whatever order they were set in', () => {
  const text = '{"a":[1,{"x":null,"y":true}],"b":"é\\n","€":-0.5}'
  expect(canonicalJson({ '€': -0.5, b: 'é\n', a: [1, { y: true, x: null }] })).toBe(text)
  expect(canonicalJson({ a: [1, { x: null, y: true }], b: 'é\n', '€': -0.5 })).toBe(text)
})

test('a member that is not set is none', () => {
  expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}')
})

test.each([undefined, Number.NaN, Number.POSITIVE_INFINITY, () => 1])('%s is no JSON', (value) => {
  expect(() => canonicalJson(value)).toThrow(TypeError)
})

test('every value is written as the reference implementation of RFC 8785 writes it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      expect(canonicalJson(value)).toBe(canonicalize(value))
    }),
  )
})
