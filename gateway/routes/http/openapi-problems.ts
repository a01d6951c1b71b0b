// How failures are described: one problem document for all, one response for each status.
import { statusPhrase } from '../../../platform/http-status.ts'
import { inputSchema, type JsonSchema } from '../../../protocol/json-schema.ts'
import { type ResponseObject, refTo } from './openapi-parts.ts'
import { Problem } from './problem.ts'

interface ProblemResponse {
  readonly status: number
  readonly says: string
  readonly example: {
    readonly code: string
    readonly detail: string
    readonly [member: string]: unknown
  }
  readonly headers?: readonly (keyof typeof HEADERS)[]
}

const seconds = { type: 'integer', minimum: 0 } as const
const HEADERS = {
  'Retry-After': { description: 'Seconds to wait.', schema: seconds },
  'RateLimit-Limit': {
    description: 'How many are allowed in the time of the limit.',
    schema: seconds,
  },
  'RateLimit-Remaining': { description: 'How many of them are left.', schema: seconds },
  'RateLimit-Reset': { description: 'Seconds until some are allowed again.', schema: seconds },
  'WWW-Authenticate': { description: 'The challenge: `Bearer`.', schema: { type: 'string' } },
} as const

const RESPONSES = {
  BadRequest: {
    status: 400,
    says: 'The request does not fit; `errors` names each field that does not.',
    example: {
      code: 'bad_request',
      detail: 'limit: expected a whole number',
      errors: [{ path: 'limit', says: 'expected a whole number' }],
    },
  },
  Unauthorized: {
    status: 401,
    says: 'A token is needed, or the one given is not valid any more.',
    example: { code: 'token_expired', detail: 'token expired' },
    headers: ['WWW-Authenticate'],
  },
  Forbidden: {
    status: 403,
    says: 'The caller may not do this.',
    example: { code: 'permission_denied', detail: 'permission denied' },
  },
  NotFound: {
    status: 404,
    says: 'There is no such thing, or it is not for the caller to see.',
    example: { code: 'not_member', detail: 'There is no such conversation of yours.' },
  },
  LinkNotValid: {
    status: 403,
    says: 'The link has ended, or is none of ours for this.',
    example: { code: 'link_expired', detail: 'the link has ended; ask for a new one' },
  },
  UploadTooSlow: {
    status: 408,
    says: 'The bytes came too slowly.',
    example: { code: 'upload_too_slow', detail: 'the bytes came too slowly' },
  },
  LengthRequired: {
    status: 411,
    says: 'The length is not said beforehand.',
    example: { code: 'length_required', detail: 'expected 81920 bytes' },
  },
  PayloadTooLarge: {
    status: 413,
    says: 'The body is too large.',
    example: { code: 'payload_too_large', detail: 'expected at most 65536 bytes' },
  },
  UnsupportedMediaType: {
    status: 415,
    says: 'The body is not sent as JSON.',
    example: { code: 'unsupported_media_type', detail: 'expected application/json' },
  },
  TooManyRequests: {
    status: 429,
    says: 'Too many requests, or too many commands of this kind.',
    example: { code: 'too_many_requests', detail: 'wait 1 s' },
    headers: ['Retry-After', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'],
  },
  InternalError: {
    status: 500,
    says: 'The server failed. A command may have been carried out: send the same id again.',
    example: { code: 'internal', detail: 'internal server error' },
  },
  Unavailable: {
    status: 503,
    says: 'The server sheds load, or can not check tokens now; nothing was decided.',
    example: {
      code: 'overloaded',
      detail: 'The server sheds load; nothing was decided, try again later.',
    },
    headers: ['Retry-After'],
  },
  OutcomeUnknown: {
    status: 504,
    says: 'The outcome is in doubt: send the same id again to learn it.',
    example: {
      code: 'outcome_unknown',
      detail: 'The answer was lost; send the same id again to learn it.',
    },
  },
} as const satisfies Record<string, ProblemResponse>

export type ProblemName = keyof typeof RESPONSES

/** `{404: {$ref: …}}`, to be one of an operation's responses. */
export function problemRef(name: ProblemName): Readonly<Record<string, { readonly $ref: string }>> {
  return { [RESPONSES[name].status]: { $ref: `#/components/responses/${name}` } }
}

/** `components/responses`. */
export function problemResponses(): Readonly<Record<string, ResponseObject>> {
  const made = Object.entries<ProblemResponse>(RESPONSES).map(([name, response]) => {
    const { status, says, example, headers = [] } = response
    return [
      name,
      {
        description: says,
        ...(headers.length === 0
          ? {}
          : { headers: Object.fromEntries(headers.map((header) => [header, HEADERS[header]])) }),
        content: {
          'application/problem+json': {
            schema: { $ref: refTo('Problem') },
            example: { type: 'about:blank', title: statusPhrase(status), status, ...example },
          },
        },
      },
    ] as const
  })
  return Object.fromEntries(made)
}

/** The problem document; a refused outcome’s fields stand beside its own. */
export function problemSchema(): JsonSchema {
  return { ...inputSchema(Problem), additionalProperties: true }
}
