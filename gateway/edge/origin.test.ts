import type { HttpRequest } from 'uWebSockets.js'
import { describe, expect, test } from 'vitest'
import { createOriginOf } from './origin.ts'

const request = (headers: Readonly<Record<string, string>>) =>
  ({ getHeader: (name: string) => headers[name] ?? '' }) as HttpRequest

describe('the origin under which a client found the gateway', () => {
  test.each([
    [
      { secure: false, trustProxy: false },
      { host: 'chat.example:8080' },
      'http://chat.example:8080',
    ],
    [{ secure: true, trustProxy: false }, { host: '[::1]:8443' }, 'https://[::1]:8443'],
    [
      { secure: false, trustProxy: true },
      { host: 'chat.example', 'x-forwarded-proto': 'https' },
      'https://chat.example',
    ],
    [
      { secure: false, trustProxy: false },
      { host: 'chat.example', 'x-forwarded-proto': 'https' },
      'http://chat.example',
    ],
    [{ secure: true, trustProxy: false }, {}, undefined],
    [{ secure: true, trustProxy: false }, { host: 'evil.example/path?' }, undefined],
  ] as const)('%o and %o: %s', (options, headers, origin) => {
    expect(createOriginOf(options)(request(headers))).toBe(origin)
  })
})
