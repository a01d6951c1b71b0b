// The fields a request brings: those of its query, where its method has no body, or of its JSON body. A
// DELETE should have none, but clients send one; what it says must not be passed over.
import { bodyBytesMax } from '../../limits.ts'
import type { HttpRequest, HttpResponse } from '../../ports/http.ts'
import { problem } from './problem.ts'

/** Whether the parameters of `method` are described as its query. */
export function takesQuery(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'DELETE'
}

export type FieldsRead =
  | { readonly fields: Readonly<Record<string, unknown>> }
  | { readonly problem: HttpResponse }

const utf8 = new TextDecoder('utf-8', { fatal: true })

export function requestFields(request: HttpRequest): FieldsRead {
  const { method, query, body } = request
  if (body === 'too_large') {
    return { problem: problem('payload_too_large', `expected at most ${bodyBytesMax} bytes`) }
  }
  const asked = takesQuery(method) ? Object.fromEntries(new URLSearchParams(query)) : {}
  if (body.byteLength === 0 || method === 'GET' || method === 'HEAD') return { fields: asked }
  if (!speaksJson(request.headers.get('content-type'))) {
    return { problem: problem('unsupported_media_type', 'expected application/json') }
  }
  return parsed(body, asked)
}

function parsed(body: Uint8Array, asked: Readonly<Record<string, string>>): FieldsRead {
  let value: unknown
  try {
    value = JSON.parse(utf8.decode(body))
  } catch {
    return { problem: problem('bad_request', 'the body is not JSON') }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { problem: problem('bad_request', 'the body: expected an object') }
  }
  return { fields: { ...asked, ...value } }
}

/** `application/json`, with whatever parameters, and the types that are JSON by their suffix. */
function speaksJson(contentType: string | undefined): boolean {
  return /^application\/(?:json|[\w.-]+\+json)\s*(?:;|$)/i.test(contentType ?? '')
}
