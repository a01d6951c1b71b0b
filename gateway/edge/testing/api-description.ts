// Whether real answers are as the API describes them.
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'vitest'
import type { OpenApiDocument } from '../../routes/http/openapi.ts'

export interface ApiDescription {
  readonly document: OpenApiDocument
  /** `POST`. */
  methodOf(operationId: string): string
  /**
   * Expects `response` to be one that the operation describes for its status, down to the media type
   * and every field; resolves to its body.
   */
  expectDescribed(operationId: string, response: Response): Promise<unknown>
}

/** The description that the server at `url` gives of itself. */
export async function readDescription(url: string): Promise<ApiDescription> {
  const document = (await (await fetch(`${url}/v1/openapi.json`)).json()) as OpenApiDocument
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
  ajv.addSchema(closed(document) as OpenApiDocument, 'api')

  const found = (operationId: string) => {
    for (const [path, item] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(item)) {
        if (operation.operationId === operationId) return { path, method, operation }
      }
    }
    throw new Error(`no operation ${operationId}`)
  }
  /** Where the document says what the operation answers with `status`. */
  const described = (operationId: string, status: number): string => {
    const { path, method, operation } = found(operationId)
    const response = operation.responses[status]
    expect(response, `${operationId} ${status}`).toBeDefined()
    if (response !== undefined && '$ref' in response) return response.$ref
    return ['#', 'paths', path, method, 'responses', String(status)].map(escaped).join('/')
  }

  return {
    document,
    methodOf: (operationId) => found(operationId).method.toUpperCase(),
    async expectDescribed(operationId, response) {
      const mediaType = response.headers.get('content-type') ?? ''
      const place = described(operationId, response.status)
      const schema = ajv.getSchema(`api${place}/content/${escaped(mediaType)}/schema`)
      expect(schema, `${operationId} ${response.status} ${mediaType}`).toBeTypeOf('function')
      const body: unknown = await response.json()
      void schema?.(body)
      expect(schema?.errors ?? null, JSON.stringify(body)).toBeNull()
      return body
    },
  }
}

const escaped = (part: string): string =>
  part.replaceAll('~', '~0').replaceAll('/', '~1').replaceAll('{', '%7B').replaceAll('}', '%7D')

/** The same schemas without room for a field that they do not name, so that an answer can not outgrow them. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed)
  if (typeof value !== 'object' || value === null) return value
  const inner = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, closed(one)]))
  if (!('properties' in value) || 'additionalProperties' in value) return inner
  return { ...inner, additionalProperties: false }
}
