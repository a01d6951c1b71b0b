// What the descriptions of operations are put together from.
import type { JsonSchema } from '../../../protocol/json-schema.ts'

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly description?: string
  readonly schema: JsonSchema
}

export interface Content {
  readonly [mediaType: string]: { readonly schema: JsonSchema; readonly example?: unknown }
}

export interface ResponseObject {
  readonly description: string
  readonly headers?: Readonly<Record<string, unknown>>
  readonly content?: Content
}

export interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly tags: readonly TagName[]
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly required: boolean; readonly content: Content }
  readonly responses: Readonly<Record<string, ResponseObject | { readonly $ref: string }>>
}

/** The families of operations, in the order of reading. */
export const TAGS = {
  lots: 'Lots, from the draft to the sale.',
  bids: 'Bids, and taking them back.',
  conversations: 'Conversations, their messages, offers and attachments.',
  moderation: 'For those who keep order: rules, held messages, reports.',
  notifications: 'Your feed, what you want to be told, and the devices that are told.',
  webhooks: 'What your back end is told, and where; needs the role `service`.',
  users: 'What the marketplace does about a user; needs the role `service`.',
  service: 'The gateway itself.',
} as const
export type TagName = keyof typeof TAGS

export const refTo = (name: string): string => `#/components/schemas/${name}`

/** Who may call: with a token only, or also without one where watching needs none. */
export const security = {
  token: [{ bearer: [] }],
  optional: [{}, { bearer: [] }],
  none: [{}],
} as const

export function jsonContent(schema: JsonSchema, example?: unknown): Content {
  return { 'application/json': example === undefined ? { schema } : { schema, example } }
}

/** Parameters from the properties of `schema` that are among `names`, in the order of the schema. */
export function parametersIn(
  place: Parameter['in'],
  names: ReadonlySet<string>,
  { properties = {}, required = [] }: JsonSchema,
): Parameter[] {
  return Object.entries(properties).flatMap(([name, { description, ...schema }]) =>
    names.has(name)
      ? [
          {
            name,
            in: place,
            required: place === 'path' || required.includes(name),
            ...(description === undefined ? {} : { description }),
            schema,
          },
        ]
      : [],
  )
}

/** The names in braces of a path. */
export function namesInPath(path: string): ReadonlySet<string> {
  return new Set([...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => name ?? []))
}

/** The object without the properties `names`; undefined where none is left. */
export function without(names: ReadonlySet<string>, schema: JsonSchema): JsonSchema | undefined {
  const left = Object.entries(schema.properties ?? {}).filter(([name]) => !names.has(name))
  if (left.length === 0) return undefined
  const required = (schema.required ?? []).filter((name) => !names.has(name))
  const { required: _, ...rest } = schema
  return {
    ...rest,
    properties: Object.fromEntries(left),
    ...(required.length === 0 ? {} : { required }),
  }
}
