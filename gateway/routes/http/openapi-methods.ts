// The methods of `protocol/methods.ts` as operations of the HTTP API.
import { inputSchema, type JsonSchema, shapeSchemas } from '../../../protocol/json-schema.ts'
import { METHODS, type MethodName } from '../../../protocol/methods.ts'
import { SHAPES } from '../../../protocol/shapes.ts'
import { forbidden } from '../authorization.ts'
import { takesQuery } from './body.ts'
import { EXAMPLES } from './openapi-examples.ts'
import {
  jsonContent,
  namesInPath,
  type Operation,
  type Parameter,
  parametersIn,
  type ResponseObject,
  refTo,
  security,
  type TagName,
  without,
} from './openapi-parts.ts'
import { type ProblemName, problemRef } from './openapi-problems.ts'

type Entry = Extract<(typeof METHODS)[MethodName], { readonly http: unknown }>

const FAMILY_TAGS: Readonly<Record<string, TagName>> = {
  lot: 'lots',
  bid: 'bids',
  chat: 'conversations',
  attachment: 'conversations',
  moderation: 'moderation',
  notification: 'notifications',
  device: 'notifications',
  webhook: 'webhooks',
  user: 'users',
}

/** Where a method's parameters go: the path, the query, or the body. */
interface Places {
  readonly path: readonly Parameter[]
  readonly query: readonly Parameter[]
  readonly body: JsonSchema | undefined
}

/** The operation of a method that has a resource. @throws Error where it has none, or no family. */
export function methodOperation(name: MethodName): Operation {
  const entry = METHODS[name]
  if (!('http' in entry)) throw new Error(`${name} has no resource`)
  const tag = FAMILY_TAGS[name.slice(0, name.indexOf('.'))]
  if (tag === undefined) throw new Error(`${name} belongs to no family`)
  const { path, query, body } = placesOf(entry)
  const parameters = [...path, ...query, ...idempotencyHeader(entry)]
  return {
    operationId: name,
    // A summary is plain text everywhere, a description Markdown.
    summary: entry.summary.replaceAll('`', ''),
    tags: [tag],
    security: entry.audience === 'anyone' ? security.optional : security.token,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: (body.required ?? []).length > 0,
            content: jsonContent({ $ref: refTo(requestName(name)) }, EXAMPLES[name]),
          },
        }),
    responses: { ...successes(entry), ...problems(name, entry, body !== undefined) },
  }
}

/** The bodies of all methods that take one, by the names that the operations call them. */
export function methodRequestSchemas(): Readonly<Record<string, JsonSchema>> {
  return Object.fromEntries(
    (Object.keys(METHODS) as MethodName[]).flatMap((name) => {
      const entry = METHODS[name]
      if (!('http' in entry)) return []
      const { body } = placesOf(entry)
      return body === undefined ? [] : [[requestName(name), body]]
    }),
  )
}

/** `ChatSendRequest` for `chat.send`. */
function requestName(name: MethodName): string {
  const words = name.split('.').map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  return `${words.join('')}Request`
}

function placesOf({ params, http }: Entry): Places {
  const schema = inputSchema(params)
  const inPath = namesInPath(http.path)
  const path = parametersIn('path', inPath, schema)
  const rest = without(inPath, schema)
  if (rest === undefined) return { path, query: [], body: undefined }
  if (takesQuery(http.method)) {
    const names = new Set(Object.keys(rest.properties ?? {}))
    return { path, query: parametersIn('query', names, rest), body: undefined }
  }
  // What the header may give instead is not asked of the body.
  const key = 'idempotencyKey' in http ? http.idempotencyKey : undefined
  const required = (rest.required ?? []).filter((field) => field !== key)
  const { required: _, ...optional } = rest
  return { path, query: [], body: required.length === 0 ? optional : { ...rest, required } }
}

function idempotencyHeader({ params, http }: Entry): Parameter[] {
  if (!('idempotencyKey' in http)) return []
  const key = http.idempotencyKey
  const schema = inputSchema(params)
  const needed = schema.required?.includes(key) === true && !namesInPath(http.path).has(key)
  const { description: _, ...type } = schema.properties?.[key] ?? {}
  return [
    {
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      description: needed
        ? `Instead of \`${key}\` in the body; one of the two is needed. A repeat gets the first answer again.`
        : `Instead of \`${key}\` in the body. A repeat gets the first answer again.`,
      schema: type,
    },
  ]
}

const shapes = shapeSchemas(refTo)

function shapeName({ result }: Entry): string {
  const found = Object.entries(SHAPES).find(([, shape]) => shape === result)
  if (found === undefined) throw new Error('a method answers what protocol/shapes.ts does not name')
  return found[0]
}

/** Where the answer is an outcome: the shapes of its alternatives. */
function alternatives(entry: Entry): Readonly<Record<string, string>> | undefined {
  return shapes[shapeName(entry)]?.discriminator?.mapping
}

function successes(entry: Entry): Readonly<Record<string, ResponseObject>> {
  const { success } = entry.http
  const outcomes = alternatives(entry)
  const whole = { $ref: refTo(shapeName(entry)) }
  const headers = success === 201 ? { headers: { Location: locationHeader } } : {}
  if (outcomes === undefined) {
    const says = shapes[shapeName(entry)]?.description ?? 'Done.'
    return { [success]: { description: says, ...headers, content: jsonContent(whole) } }
  }
  if (success === 200) {
    return {
      200: { description: 'The outcome: accepted or refused.', content: jsonContent(whole) },
    }
  }
  const { accepted = refTo(shapeName(entry)), refused = accepted } = outcomes
  return {
    [success]: { description: 'Accepted.', ...headers, content: jsonContent({ $ref: accepted }) },
    200: { description: 'Refused.', content: jsonContent({ $ref: refused }) },
  }
}

const locationHeader = {
  description: 'Where the created resource is.',
  schema: { type: 'string', format: 'uri-reference' },
}

function problems(
  name: MethodName,
  entry: Entry,
  hasBody: boolean,
): Record<string, { $ref: string }> {
  const isOutcome = alternatives(entry) !== undefined
  const found: ProblemName[] = ['BadRequest', 'Unauthorized']
  if (isOutcome || needsMore(name)) found.push('Forbidden')
  if (isOutcome || entry.http.path.includes('{')) found.push('NotFound')
  if (hasBody) found.push('PayloadTooLarge', 'UnsupportedMediaType')
  found.push('TooManyRequests', 'InternalError', 'Unavailable')
  if (isOutcome) found.push('OutcomeUnknown')
  return Object.assign({}, ...found.map(problemRef)) as Record<string, { $ref: string }>
}

/** Whether a token alone does not do: some role, or the lot's seller. */
function needsMore(name: MethodName): boolean {
  return forbidden(name, { userId: 'user', roles: [], expiresAtMs: 0 }) === 'permission_denied'
}
