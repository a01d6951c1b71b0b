import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, test } from 'vitest'
import { METHODS, type MethodName } from '../../../protocol/methods.ts'
import { openApiDocument } from './openapi.ts'
import { EXAMPLES } from './openapi-examples.ts'
import { HOUSE_OPERATIONS } from './openapi-house.ts'
import { OBJECT_OPERATIONS } from './openapi-objects.ts'
import { namesInPath } from './openapi-parts.ts'

const bound = Object.entries(METHODS).flatMap(([name, entry]) =>
  'http' in entry ? [{ name, ...entry.http }] : [],
)
const others = { ...HOUSE_OPERATIONS, ...OBJECT_OPERATIONS }
const house = Object.keys(others).map((resource) => {
  const [method = '', path = ''] = resource.split(' ')
  return { method, path }
})
const resources = [...bound, ...house] as Parameters<typeof openApiDocument>[0]['resources']
const document = openApiDocument({ version: '1.2.3', resources })
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
)
const operation = (id: string) => {
  const found = operations.find(({ operation: { operationId } }) => operationId === id)
  if (found === undefined) throw new Error(`no operation ${id}`)
  return found.operation
}
const statuses = (id: string) => Object.keys(operation(id).responses)

describe('the description of the HTTP API', () => {
  test('is an OpenAPI 3.1 document', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone({ ...document }))
    expect(errors).toBeUndefined()
    expect(valid).toBe(true)
    expect(document.info).toMatchObject({ title: 'Outcry', version: '1.2.3' })
  })

  test('points nowhere that is not in it', () => {
    const text = JSON.stringify(document)
    const refs = [...text.matchAll(/"#\/components\/(\w+)\/(\w+)"/g)]
    expect(refs.length).toBeGreaterThan(100)
    for (const [, kind = '', name = ''] of refs) {
      expect(document.components).toHaveProperty([kind, name])
    }
    expect(text).not.toContain('$defs')
  })

  test('holds each resource under the name of its method, and no other', () => {
    expect(operations.map(({ operation: { operationId } }) => operationId).toSorted()).toEqual(
      [
        ...bound.map(({ name }) => name),
        ...Object.values(others).map(({ operationId }) => operationId),
      ].toSorted(),
    )
  })

  test('does not hold what the gateway does not answer', () => {
    const { paths } = openApiDocument({
      version: '1.2.3',
      resources: resources.filter(({ path }) => path !== '/v1/dev/token'),
    })
    expect(paths).not.toHaveProperty(['/v1/dev/token'])
  })

  test('can not be made where a resource is described nowhere', () => {
    expect(() =>
      openApiDocument({ version: '1', resources: [{ method: 'GET', path: '/v1/secret' }] }),
    ).toThrow('GET /v1/secret')
  })

  test.each(operations)(
    '$method $path declares what is in its path',
    ({ path, operation: one }) => {
      const declared = (one.parameters ?? []).filter((parameter) => parameter.in === 'path')
      expect(declared.map(({ name }) => name).toSorted()).toEqual([...namesInPath(path)].toSorted())
      expect(declared.every(({ required }) => required)).toBe(true)
    },
  )
})

describe('an operation', () => {
  test('takes its parameters in the path, the query and the body', () => {
    const history = operation('chat.history')
    expect(history.parameters?.map(({ name, in: place }) => `${place} ${name}`)).toEqual([
      'path conversationId',
      'query before',
      'query after',
      'query limit',
    ])
    expect(history).not.toHaveProperty('requestBody')
    const deletion = operation('chat.delete')
    expect(deletion.parameters?.map(({ name, in: place }) => `${place} ${name}`)).toEqual([
      'path conversationId',
      'path messageId',
      'query forAll',
    ])
    expect(deletion).not.toHaveProperty('requestBody')
    expect(document.components.schemas['ChatEditRequest']).toMatchObject({
      properties: { text: { type: 'string' } },
      required: ['text'],
    })
  })

  test('lets the Idempotency-Key stand for the id in the body', () => {
    const header = operation('chat.send').parameters?.find((one) => one.in === 'header')
    expect(header).toMatchObject({ name: 'Idempotency-Key', required: false })
    expect(header?.description).toContain('one of the two is needed')
    expect(document.components.schemas['ChatSendRequest']?.properties).toHaveProperty(
      'clientMessageId',
    )
    expect(document.components.schemas['ChatSendRequest']?.required ?? []).not.toContain(
      'clientMessageId',
    )
  })

  test('answers an outcome that its field tells apart', () => {
    expect(document.components.schemas['ChatOutcome']).toEqual({
      oneOf: [
        { $ref: '#/components/schemas/ChatAccepted' },
        { $ref: '#/components/schemas/ChatRefused' },
        { $ref: '#/components/schemas/ChatUnknown' },
      ],
      discriminator: {
        propertyName: 'outcome',
        mapping: {
          accepted: '#/components/schemas/ChatAccepted',
          refused: '#/components/schemas/ChatRefused',
          unknown: '#/components/schemas/ChatUnknown',
        },
      },
    })
  })

  test('that creates answers 201 with its place, and 200 with a refusal', () => {
    const { responses } = operation('lot.create')
    expect(responses[201]).toMatchObject({ headers: { Location: expect.any(Object) } })
    expect(JSON.stringify(responses[201])).toContain('LotAccepted')
    expect(JSON.stringify(responses[200])).toContain('/Refused"')
  })

  test('names the failures that it can have', () => {
    expect(statuses('bid.place')).toEqual(
      expect.arrayContaining([
        '400',
        '401',
        '403',
        '404',
        '413',
        '415',
        '429',
        '500',
        '503',
        '504',
      ]),
    )
    expect(statuses('lot.get')).toEqual(['200', '400', '401', '404', '429', '500', '503'])
    expect(statuses('moderation.queue')).toContain('403')
    expect(statuses('healthz')).toEqual(['200'])
  })

  test('says who may call it', () => {
    expect(operation('lot.get').security).toEqual([{}, { bearer: [] }])
    expect(operation('bid.place').security).toEqual([{ bearer: [] }])
    expect(operation('docs').security).toEqual([{}])
  })
})

test.each(Object.entries(EXAMPLES))('the example of %s is one that is taken', (name, example) => {
  const entry = METHODS[name as MethodName]
  const ids = [...namesInPath('http' in entry ? entry.http.path : '')].map((id) => [
    id,
    '0190a1b2-1111-7222-8333-123456789abc',
  ])
  const checked = entry.params.safeParse({ ...example, ...Object.fromEntries(ids) })
  expect(checked.error?.issues).toBeUndefined()
})
