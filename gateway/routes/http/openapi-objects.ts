// The bytes of attachments, where the gateway serves them itself. Its links are made by the methods
// `attachment.create` and `attachment.get`; nobody makes one from this description.
import type { HttpMethod } from '../../../protocol/method-table.ts'
import { type Operation, security } from './openapi-parts.ts'
import { problemRef } from './openapi-problems.ts'

const path = '/objects/{key}'

/** What is answered beside the table of resources. */
export const OBJECT_RESOURCES: readonly { readonly method: HttpMethod; readonly path: string }[] = [
  { method: 'GET', path },
  { method: 'PUT', path },
]

const bytes = { schema: { type: 'string', format: 'binary' } }
const link = 'The link as it was given, query and all, is what allows this; no token is needed.'
const parameters = [
  {
    name: 'key',
    in: 'path',
    required: true,
    description: 'As in the link.',
    schema: { type: 'string' },
  },
] as const
const shared = { tags: ['conversations'], security: security.none, parameters } as const

/** By method and path. */
export const OBJECT_OPERATIONS: Readonly<Record<string, Operation>> = {
  [`GET ${path}`]: {
    operationId: 'object.get',
    summary: 'The bytes of an attachment, by the link of attachment.get.',
    description: link,
    ...shared,
    responses: {
      200: {
        description: 'The bytes, with the type of the attachment.',
        content: { '*/*': bytes },
      },
      ...problemRef('LinkNotValid'),
      ...problemRef('NotFound'),
      ...problemRef('InternalError'),
      ...problemRef('Unavailable'),
    },
  },
  [`PUT ${path}`]: {
    operationId: 'object.put',
    summary: 'Uploads the bytes of an attachment, by the link of attachment.create.',
    description: `${link} The headers are those that came with it.`,
    ...shared,
    requestBody: { required: true, content: { '*/*': bytes } },
    responses: {
      200: { description: 'They are kept.' },
      ...problemRef('BadRequest'),
      ...problemRef('LinkNotValid'),
      ...problemRef('UploadTooSlow'),
      ...problemRef('LengthRequired'),
      ...problemRef('InternalError'),
      ...problemRef('Unavailable'),
    },
  },
}
