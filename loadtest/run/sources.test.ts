import { expect, test } from 'vitest'
import { sourcesOf } from './sources.ts'

const serversAt = (urls: readonly string[], sources: readonly string[] = []) => {
  return { urls, metricsUrls: [], sources }
}
const here = ['http://127.0.0.1:8080', 'http://127.0.0.1:8081']

test('a run that has ports towards each server leaves the choice to the machine', () => {
  expect(sourcesOf({ connections: 25_000, servers: serversAt(here) })).toEqual([])
})

test('a larger one on the loopback comes from as many addresses as it needs', () => {
  const sources = sourcesOf({ connections: 40_000, servers: serversAt(here) })
  expect(sources.slice(0, 2)).toEqual(['127.0.0.1', '127.0.0.2'])
  expect(sources).toHaveLength(16)
})

test('there are addresses for the largest run, each once', () => {
  const sources = sourcesOf({ connections: 1_000_000, servers: serversAt(here) })
  expect(sources.slice(254, 257)).toEqual(['127.0.0.255', '127.0.1.0', '127.0.1.1'])
  expect(new Set(sources).size).toBe(400)
})

test('addresses that are named are taken, and none is made up for servers elsewhere', () => {
  const named = serversAt(here, ['10.0.0.7'])
  expect(sourcesOf({ connections: 100_000, servers: named })).toEqual(['10.0.0.7'])
  const elsewhere = serversAt(['http://127.0.0.1:8080', 'https://outcry.example'])
  expect(sourcesOf({ connections: 100_000, servers: elsewhere })).toEqual([])
})
