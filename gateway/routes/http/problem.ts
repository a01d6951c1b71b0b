// Failures over HTTP: problem documents (RFC 9457). `code` is for programs and comes from the same
// tables as over the WebSocket; `detail` says which field was wrong and what was expected.

import { z } from 'zod'
import { statusPhrase } from '../../../platform/http-status.ts'
import { PROTOCOL_ERRORS, type ProtocolErrorName } from '../../../protocol/errors.ts'
import { describeFaults, type Fault } from '../../../protocol/faults.ts'
import { REFUSALS, type RefusalCode } from '../../../protocol/refusals.ts'
import { Shape } from '../../../protocol/shape.ts'
import type { HttpResponse } from '../../ports/http.ts'

/** What only HTTP can fail with. */
const HTTP_FAULTS = {
  not_found: 404,
  method_not_allowed: 405,
  payload_too_large: 413,
  unsupported_media_type: 415,
  upgrade_required: 426,
  origin_not_allowed: 403,
  // The bytes of attachments.
  link_invalid: 403,
  link_expired: 403,
  length_required: 411,
  length_mismatch: 400,
  upload_too_slow: 408,
} as const

export type ProblemCode = keyof typeof HTTP_FAULTS | ProtocolErrorName | RefusalCode

const codes = Object.keys({ ...HTTP_FAULTS, ...PROTOCOL_ERRORS, ...REFUSALS }) as [
  ProblemCode,
  ...ProblemCode[],
]

/** The document, as the API describes it. */
export const Problem = Shape(
  'A failure. Where a command was refused, the fields of its outcome stand beside these.',
  {
    type: z.literal('about:blank'),
    title: z.string().describe('What the status means in words.'),
    status: z.number().int(),
    code: z.enum(codes).describe('For programs.'),
    detail: z.string().describe('For whoever writes the program.'),
    errors: z
      .array(z.object({ path: z.string(), says: z.string() }))
      .exactOptional()
      .describe('With `bad_request`: the fields that do not fit, five at most.'),
  },
)

export interface ProblemOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** Further members of the document, such as the fields of a refusal. */
  readonly members?: Readonly<Record<string, unknown>>
}

/** A problem document with a status of its own choice. */
export function problemOf(
  status: number,
  code: ProblemCode,
  detail: string,
  { headers, members }: ProblemOptions = {},
): HttpResponse {
  const title = statusPhrase(status)
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      // RFC 9110 wants the challenge with every 401.
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
      ...headers,
    },
    body: JSON.stringify({ ...members, type: 'about:blank', title, status, code, detail }),
  }
}

/** The problem document of a protocol error or of what only HTTP knows, with the status of its table. */
export function problem(
  code: keyof typeof HTTP_FAULTS | ProtocolErrorName,
  detail?: string,
  options?: ProblemOptions,
): HttpResponse {
  if (code in PROTOCOL_ERRORS) {
    const { status, message } = PROTOCOL_ERRORS[code as ProtocolErrorName]
    return problemOf(status, code, detail ?? message, options)
  }
  const status = HTTP_FAULTS[code as keyof typeof HTTP_FAULTS]
  return problemOf(status, code, detail ?? statusPhrase(status), options)
}

/** A request whose fields do not fit: told in one sentence, and one by one. */
export function badRequest(faults: readonly Fault[]): HttpResponse {
  return problem('bad_request', describeFaults(faults), { members: { errors: faults } })
}

export function json(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(value),
  }
}
