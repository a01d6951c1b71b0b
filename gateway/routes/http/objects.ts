// The bytes of attachments where they lie in a folder of ours: links made by the object store lead here.
// A link is all the right there is: whoever has it may do what it says, until it ends.
import type { Logger } from '../../../platform/log.ts'
import { contentDisposition } from '../../../platform/objects/content-disposition.ts'
import type { FolderObjectStore } from '../../../platform/objects/folder-object-store.ts'
import { ObjectLengthError } from '../../../platform/objects/object-folder.ts'
import type { LinkFault, ObjectLink } from '../../../platform/objects/object-link.ts'
import { downloadCacheSeconds, transferRetrySeconds } from '../../limits.ts'
import type { HttpResponse } from '../../ports/http.ts'
import type { ObjectAnswer, ObjectHandler, ObjectRequest } from '../../ports/objects.ts'
import { type AllowedOrigins, corsHeaders, optionsResponse } from './cors.ts'
import type { HttpMetrics } from './metrics.ts'
import { problem, problemOf } from './problem.ts'
import type { Transfers } from './transfers.ts'

export interface ObjectHandlerOptions {
  readonly folder: FolderObjectStore
  readonly transfers: Transfers
  readonly allowedOrigins: AllowedOrigins
  readonly metrics: HttpMetrics
  readonly log: Logger
}

type PutLink = Extract<ObjectLink, { readonly method: 'PUT' }>
type GetLink = Extract<ObjectLink, { readonly method: 'GET' }>

/** The path under which the metrics count all objects. */
const resource = '/objects/{key}'
const methods = ['GET', 'PUT']

/** What was uploaded is shown as what it was found to be, and runs nothing, whoever opens it. */
const harmless = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "sandbox; default-src 'none'",
}

export function createObjectHandler(options: ObjectHandlerOptions): ObjectHandler {
  return async (request) => {
    const finish = options.metrics.begin()
    const answer = await answered(options, request)
    const shared = { ...harmless, ...corsHeaders(request, options.allowedOrigins) }
    const dressed = (response: HttpResponse): HttpResponse => {
      finish(resource, response.status)
      const headers = { 'cache-control': 'no-store', ...shared, ...response.headers }
      return { ...response, headers }
    }
    switch (answer.type) {
      case 'respond':
        return { type: 'respond', response: dressed(answer.response) }
      case 'send':
        finish(resource, answer.head.status)
        return {
          ...answer,
          head: { ...answer.head, headers: { ...shared, ...answer.head.headers } },
        }
      case 'receive':
        return { ...answer, response: (came) => dressed(answer.response(came)) }
    }
  }
}

async function answered(
  options: ObjectHandlerOptions,
  request: ObjectRequest,
): Promise<ObjectAnswer> {
  const { method, path, query } = request
  if (method === 'OPTIONS') {
    return respond(optionsResponse(request, options.allowedOrigins, methods))
  }
  if (method !== 'GET' && method !== 'HEAD' && method !== 'PUT') {
    const headers = { allow: methods.join(', ') }
    return respond(problem('method_not_allowed', `expected ${headers.allow}`, { headers }))
  }
  const link = options.folder.allowedBy(method, path, query)
  if (typeof link === 'string') return respond(linkFault(link))
  const end = options.transfers.begin()
  if (end === undefined) return respond(noRoom())
  try {
    const answer = await (link.method === 'PUT'
      ? receive(options, request, link, end)
      : send(options, link, end))
    if (answer.type === 'respond') end()
    return answer
  } catch (err) {
    end()
    return respond(failed(options.log, err))
  }
}

async function receive(
  { folder, log }: ObjectHandlerOptions,
  { headers }: ObjectRequest,
  { key, bytes, contentType }: PutLink,
  end: () => void,
): Promise<ObjectAnswer> {
  if (headers.get('content-type') !== contentType) {
    return respond(problem('link_invalid', `the link is for content-type ${contentType}`))
  }
  const length = headers.get('content-length')
  const wrongLength = problem('length_mismatch', `expected exactly ${bytes} bytes`)
  if (length === undefined) return respond(problem('length_required', `expected ${bytes} bytes`))
  if (length !== String(bytes)) return respond(wrongLength)
  const incoming = await folder.receive(key, bytes)
  return {
    type: 'receive',
    receiver: {
      write: (chunk) => incoming.write(chunk),
      finish: () => incoming.finish().finally(end),
      abort: () => incoming.abort().finally(end),
    },
    response(came) {
      if (came === 'whole') return { status: 200, headers: {}, body: '' }
      if (came === 'late') return problem('upload_too_slow', 'the bytes came too slowly')
      return came.error instanceof ObjectLengthError ? wrongLength : failed(log, came.error)
    },
  }
}

async function send(
  { folder }: ObjectHandlerOptions,
  link: GetLink,
  end: () => void,
): Promise<ObjectAnswer> {
  const object = await folder.open(link.key)
  if (object === undefined) return respond(problem('not_found', 'there is no such object'))
  return {
    type: 'send',
    head: {
      status: 200,
      headers: {
        'content-type': link.contentType,
        'content-disposition': contentDisposition(link),
        'cache-control': `private, max-age=${downloadCacheSeconds}, immutable`,
      },
    },
    bytes: object.bytes,
    reader: {
      read: (offset, bytesMax) => object.read(offset, bytesMax),
      close: () => object.close().finally(end),
    },
  }
}

const respond = (response: HttpResponse): ObjectAnswer => ({ type: 'respond', response })

function linkFault(fault: LinkFault): HttpResponse {
  return fault === 'expired'
    ? problem('link_expired', 'the link has ended; ask for a new one')
    : problem('link_invalid', 'this is no link of ours')
}

function noRoom(): HttpResponse {
  const headers = { 'retry-after': String(transferRetrySeconds) }
  return problemOf(503, 'overloaded', 'too many transfers at once', { headers })
}

function failed(log: Logger, err: unknown): HttpResponse {
  log.error({ err }, 'an object could not be stored or read')
  return problem('internal')
}
