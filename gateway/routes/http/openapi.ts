// The HTTP API's description of itself (OpenAPI 3.1), made from what the API is made of: the table of
// methods with their schemas, and a small table of what only HTTP has.
import { type JsonSchema, shapeSchemas } from '../../../protocol/json-schema.ts'
import { METHODS, type MethodName } from '../../../protocol/methods.ts'
import { HOUSE_OPERATIONS, houseSchemas } from './openapi-house.ts'
import { methodOperation, methodRequestSchemas } from './openapi-methods.ts'
import { OBJECT_OPERATIONS } from './openapi-objects.ts'
import { type Operation, refTo, TAGS } from './openapi-parts.ts'
import { problemResponses, problemSchema } from './openapi-problems.ts'
import type { Resource } from './resource.ts'

export interface OpenApiOptions {
  /** Of the package. */
  readonly version: string
  /** What the API answers; each stands in the document, and nothing else does. */
  readonly resources: readonly Pick<Resource, 'method' | 'path'>[]
}

export interface OpenApiDocument {
  readonly openapi: string
  readonly info: Readonly<Record<string, unknown>>
  readonly servers: readonly { readonly url: string }[]
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>
    readonly responses: Readonly<Record<string, unknown>>
    readonly securitySchemes: Readonly<Record<string, unknown>>
  }
}

const description = `Chat and live auctions for marketplaces. Everything here is also said over the
WebSocket at \`/connection/websocket\`, in the same words: see [the protocol](docs/protocol).

Amounts are whole minor units (5000 USD = 50.00 dollars), times epoch milliseconds. What a bid or a
message came to is an *outcome*, with status 200, whether it was accepted or refused; failures are
problem documents (RFC 9457) whose \`code\` is for programs. Lists are pages: pass \`next\` back to get the
following one; it is absent on the last. Fields may be added; ignore those you do not know.`

/** @throws Error where a resource is described nowhere. */
export function openApiDocument({ version, resources }: OpenApiOptions): OpenApiDocument {
  const paths: Record<string, Record<string, Operation>> = {}
  for (const { method, path } of resources) {
    const operation = operationOf(`${method} ${path}`)
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Outcry',
      version,
      description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: Object.entries(TAGS).map(([name, says]) => ({ name, description: says })),
    paths,
    components: {
      schemas: {
        ...shapeSchemas(refTo),
        ...methodRequestSchemas(),
        ...houseSchemas(),
        Problem: problemSchema(),
      },
      responses: problemResponses(),
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'A token of the marketplace; `sub` is the user.',
        },
      },
    },
  }
}

const methodsByResource = new Map<string, MethodName>(
  (Object.keys(METHODS) as MethodName[]).flatMap((name) => {
    const entry = METHODS[name]
    return 'http' in entry ? [[`${entry.http.method} ${entry.http.path}`, name] as const] : []
  }),
)

const OTHER_OPERATIONS = { ...HOUSE_OPERATIONS, ...OBJECT_OPERATIONS }

function operationOf(resource: string): Operation {
  const name = methodsByResource.get(resource)
  const operation = name === undefined ? OTHER_OPERATIONS[resource] : methodOperation(name)
  if (operation === undefined) throw new Error(`nothing describes ${resource}`)
  return operation
}
