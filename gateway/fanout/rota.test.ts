import { beforeEach, expect, test } from 'vitest'
import { Rota } from './rota.ts'

let items: Map<string, string>
let rota: Rota<string>

beforeEach(() => {
  items = new Map()
  rota = new Rota(items, 60_000)
})

const add = (...names: string[]): void => {
  for (const name of names) items.set(name, name)
}

const pass = (elapsedMs: number): string[] => [...rota.pass(elapsedMs)]

test('one alone has its turn once in a period', () => {
  add('a')
  const turns = Array.from({ length: 180 }, () => pass(1_000).length)
  expect(turns.reduce((sum, count) => sum + count, 0)).toBe(3)
})

test('many are spread over the period, each once', () => {
  const names = Array.from({ length: 600 }, (_, nth) => `${nth}`)
  add(...names)
  const passes = Array.from({ length: 60 }, () => pass(1_000))
  expect(passes.every(({ length }) => length === 10)).toBe(true)
  expect(passes.flat()).toEqual(names)
})

test('whoever comes has its turn within a period, whoever goes has none', () => {
  add('a', 'b', 'c')
  expect(pass(20_000)).toEqual(['a'])
  items.delete('b')
  add('d')
  const turns = Array.from({ length: 60 }, () => pass(1_000)).flat()
  expect(turns.toSorted()).toEqual(['a', 'c', 'd'])
})

test('in a hurry everybody has its turn at once, and only once', () => {
  add('a', 'b', 'c')
  expect(pass(20_000)).toEqual(['a'])
  rota.hurry()
  expect(pass(0).toSorted()).toEqual(['a', 'b', 'c'])
  expect(pass(19_000)).toEqual([])
})

test('nobody there owes nothing', () => {
  expect(pass(600_000)).toEqual([])
  rota.hurry()
  expect(pass(0)).toEqual([])
  add('a')
  expect(pass(59_000)).toEqual([])
  expect(pass(1_000)).toEqual(['a'])
})
