// What devices do with the links of a server under test.
import { expect } from 'vitest'
import type { ObjectServer } from './object-server.ts'

export const MiB = 1024 * 1024

/** No two pieces of it are alike. */
export function bytesOf(count: number): Buffer {
  const bytes = Buffer.alloc(count)
  for (let at = 0; at + 4 <= count; at += 4) bytes.writeUInt32LE(at, at)
  return bytes
}

let keys = 0
export const nextKey = (): string => {
  keys += 1
  return `uploads/object-${keys}`
}

/** Puts an object that is there afterwards; the result is its key. */
export async function put(server: ObjectServer, bytes: Buffer): Promise<string> {
  const key = nextKey()
  const { url, headers } = await server.store.signUpload(key, {
    bytes: bytes.length,
    contentType: 'image/png',
  })
  const response = await fetch(url, { method: 'PUT', headers, body: new Uint8Array(bytes) })
  expect(response.status).toBe(200)
  return key
}

export function putAbcd(url: string, headers: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(url, { method: 'PUT', headers, body: 'abcd' })
}

export async function expectProblem(
  response: Response,
  status: number,
  code: string,
): Promise<void> {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  expect(await response.json()).toMatchObject({ status, code })
  expect(response.status).toBe(status)
}
