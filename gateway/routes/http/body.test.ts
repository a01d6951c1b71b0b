import { describe, expect, test } from 'vitest'
import type { HttpRequest } from '../../ports/http.ts'
import { requestFields } from './body.ts'

function request(method: string, query: string, body?: unknown): HttpRequest {
  return {
    method,
    path: '/v1/conversations',
    query,
    headers: new Map([['content-type', 'application/json']]),
    address: '192.0.2.1',
    body: body === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(body)),
  }
}

describe('the fields of a request', () => {
  test.each([
    ['a list', request('GET', 'limit=2'), { limit: '2' }],
    ['a command', request('POST', 'text=no', { text: 'yes' }), { text: 'yes' }],
    ['a deletion', request('DELETE', 'forAll=true'), { forAll: 'true' }],
    ['a deletion with a body', request('DELETE', '', { forAll: true }), { forAll: true }],
    ['a deletion with both', request('DELETE', 'forAll=false', { forAll: true }), { forAll: true }],
    ['a deletion with neither', request('DELETE', ''), {}],
  ])('%s', (_, asked, fields) => {
    expect(requestFields(asked)).toEqual({ fields })
  })

  test('a deletion whose body is no JSON is refused, not half understood', () => {
    const broken = { ...request('DELETE', ''), body: Buffer.from('forAll=true') }
    expect(requestFields(broken)).toMatchObject({ problem: { status: 400 } })
  })
})
