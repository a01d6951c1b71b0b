// The operations that only HTTP has.
import { inputSchema, type JsonSchema } from '../../../protocol/json-schema.ts'
import { DEV_PHONES_SCHEMA, DEV_PUSHES_OPERATION } from './dev-pushes.ts'
import { DevToken, Revoke } from './house-resources.ts'
import {
  jsonContent,
  namesInPath,
  type Operation,
  parametersIn,
  type ResponseObject,
  refTo,
  security,
  without,
} from './openapi-parts.ts'
import { problemRef } from './openapi-problems.ts'

const revokePath = '/v1/users/{userId}/revoke'
const revoke = inputSchema(Revoke)

/** Bodies and answers, by the names that the operations call them. */
export function houseSchemas(): Readonly<Record<string, JsonSchema>> {
  const userId = namesInPath(revokePath)
  return {
    RevokeRequest: without(userId, revoke) ?? {},
    Revoked: {
      ...revoke,
      description: 'The tokens that are worth nothing from now on.',
      required: ['userId', 'before'],
    },
    DevTokenRequest: inputSchema(DevToken),
    DevTokenMinted: {
      type: 'object',
      properties: {
        token: { type: 'string' },
        expiresAt: { type: 'integer', description: 'Epoch milliseconds.' },
      },
      required: ['token', 'expiresAt'],
    },
    DevPhones: DEV_PHONES_SCHEMA,
    Status: {
      type: 'object',
      properties: { status: { type: 'string', enum: ['alive', 'ready', 'not ready'] } },
      required: ['status'],
    },
  }
}

const answer = (description: string, schema: string, example?: unknown): ResponseObject => ({
  description,
  content: jsonContent({ $ref: refTo(schema) }, example),
})

const pageOf = (description: string): ResponseObject => ({
  description,
  content: { 'text/html': { schema: { type: 'string' } } },
})

/** Of whatever looks at the rate and the body. */
const usualProblems = {
  ...problemRef('BadRequest'),
  ...problemRef('Unauthorized'),
  ...problemRef('PayloadTooLarge'),
  ...problemRef('UnsupportedMediaType'),
  ...problemRef('TooManyRequests'),
  ...problemRef('InternalError'),
  ...problemRef('Unavailable'),
}

/** By method and path. */
export const HOUSE_OPERATIONS: Readonly<Record<string, Operation>> = {
  'GET /healthz': {
    operationId: 'healthz',
    summary: 'Whether the process is alive.',
    tags: ['service'],
    security: security.none,
    responses: { 200: answer('It is.', 'Status', { status: 'alive' }) },
  },
  'GET /readyz': {
    operationId: 'readyz',
    summary: 'Whether the process may take traffic.',
    tags: ['service'],
    security: security.none,
    responses: {
      200: answer('It may.', 'Status', { status: 'ready' }),
      503: answer('It starts, or it drains.', 'Status', { status: 'not ready' }),
    },
  },
  'GET /v1/openapi.json': {
    operationId: 'openapi',
    summary: 'This document.',
    tags: ['service'],
    security: security.none,
    responses: {
      200: {
        description: 'An OpenAPI 3.1 document.',
        content: jsonContent({ type: 'object' }),
      },
      ...problemRef('TooManyRequests'),
    },
  },
  'GET /docs': {
    operationId: 'docs',
    summary: 'This document as a page.',
    tags: ['service'],
    security: security.none,
    responses: { 200: pageOf('The page.'), ...problemRef('TooManyRequests') },
  },
  'GET /docs/protocol': {
    operationId: 'docs.protocol',
    summary: 'The words of the WebSocket protocol, as a page.',
    tags: ['service'],
    security: security.none,
    responses: { 200: pageOf('The page.'), ...problemRef('TooManyRequests') },
  },
  'GET /docs/{file}': {
    operationId: 'docs.file',
    summary: 'A part of the pages: styles, scripts, pictures.',
    tags: ['service'],
    security: security.none,
    parameters: [{ name: 'file', in: 'path', required: true, schema: { type: 'string' } }],
    responses: {
      200: { description: 'The file.' },
      304: { description: 'The file is still the one with the `ETag` of `If-None-Match`.' },
      ...problemRef('NotFound'),
      ...problemRef('TooManyRequests'),
    },
  },
  [`POST ${revokePath}`]: {
    operationId: 'user.revoke',
    summary: 'Makes a user’s tokens worthless and closes its sockets; needs the role `service`.',
    description:
      'Everywhere within a second, with close code 3503. Devices that were registered before get no further push.',
    tags: ['users'],
    security: security.token,
    parameters: parametersIn('path', namesInPath(revokePath), revoke),
    requestBody: { required: false, content: jsonContent({ $ref: refTo('RevokeRequest') }) },
    responses: {
      200: answer('Revoked.', 'Revoked'),
      ...usualProblems,
      ...problemRef('Forbidden'),
      ...problemRef('OutcomeUnknown'),
    },
  },
  'POST /v1/dev/token': {
    operationId: 'dev.token',
    summary: 'Mints a token for anybody; only there where the server is for developers.',
    tags: ['service'],
    security: security.none,
    requestBody: {
      required: true,
      content: jsonContent({ $ref: refTo('DevTokenRequest') }, { user: 'ann', roles: ['seller'] }),
    },
    responses: { 200: answer('The token.', 'DevTokenMinted'), ...usualProblems },
  },
  'GET /v1/dev/pushes': DEV_PUSHES_OPERATION,
}
