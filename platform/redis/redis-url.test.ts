import { expect, test } from 'vitest'
import { parseRedisUrl, placeOf } from './redis-url.ts'

test('addresses of one Redis are read as they are spelt', () => {
  expect(parseRedisUrl('redis://localhost')).toEqual({
    nodes: [{ host: 'localhost', port: 6379 }],
    isCluster: false,
    tls: false,
    database: 0,
  })
  expect(parseRedisUrl('rediss://ann:p%40ss@cache.example:7000/3')).toEqual({
    nodes: [{ host: 'cache.example', port: 7000 }],
    isCluster: false,
    tls: true,
    username: 'ann',
    password: 'p@ss',
    database: 3,
  })
  expect(parseRedisUrl('redis://[::1]:7000/').nodes).toEqual([{ host: '::1', port: 7000 }])
})

test('several addresses, or the word, mean a cluster', () => {
  const several = parseRedisUrl('redis://:secret@a:7000, redis://b:7001')
  expect(several).toMatchObject({ isCluster: true, password: 'secret' })
  expect(several.nodes).toEqual([
    { host: 'a', port: 7000 },
    { host: 'b', port: 7001 },
  ])
  expect(parseRedisUrl('redis://a?cluster=true').isCluster).toBe(true)
})

test('what is no address says what was expected, and keeps the password to itself', () => {
  for (const text of ['', 'localhost:6379', 'http://:hush@a', 'redis://:hush@a/x', 'redis://a,']) {
    expect(() => parseRedisUrl(text), text).toThrow(/^expected redis:\/\/host:port or/u)
  }
  expect(() => parseRedisUrl('redis://:hush@a/1,redis://b')).toThrow(/^expected no database/u)
})

test('a place is told without the password', () => {
  const place = placeOf(parseRedisUrl('redis://ann:hush@a:1,redis://b:2'))
  expect(place).toBe('a:1, b:2')
})
