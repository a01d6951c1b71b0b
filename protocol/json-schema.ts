// The schemas of `protocol/` as JSON Schemas (2020-12), for whoever describes them: the printed page
// and the description of the HTTP API.
import { z } from 'zod'
import { SHAPES } from './shapes.ts'
import { storable } from './text.ts'

/** As much of a JSON Schema as ours make use of. */
export interface JsonSchema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: JsonSchema | boolean
  readonly required?: readonly string[]
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly pattern?: string
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly discriminator?: {
    readonly propertyName: string
    readonly mapping: Readonly<Record<string, string>>
  }
}

/** Every shape by its name; one that is part of another stands there as a `$ref` made by `refTo`. */
export function shapeSchemas(
  refTo: (name: string) => string,
): Readonly<Record<string, JsonSchema>> {
  const names = z.registry<{ id: string }>()
  for (const [id, shape] of Object.entries(SHAPES)) names.add(shape, { id })
  const schemas = z.toJSONSchema(names, { uri: refTo, override: simplified }).schemas as Readonly<
    Record<string, JsonSchema & { $schema: string; $id: string }>
  >
  const at = (ref: string) => Object.values(schemas).find(({ $id }) => $id === ref)
  return Object.fromEntries(
    Object.entries(schemas).map(([name, made]) => {
      const { $schema: _, $id: __, ...schema } = made
      return [name, withDiscriminator(schema, at)]
    }),
  )
}

/** Names the field that tells the alternatives apart, where each is a shape with a constant of its own there. */
function withDiscriminator(
  schema: JsonSchema,
  shapeAt: (ref: string) => JsonSchema | undefined,
): JsonSchema {
  const refs = schema.oneOf?.flatMap(({ $ref }) => $ref ?? []) ?? []
  const propertyName = 'outcome'
  const mapping = refs.flatMap((ref) => {
    const value = shapeAt(ref)?.properties?.[propertyName]?.const
    return typeof value === 'string' ? [[value, ref] as const] : []
  })
  if (mapping.length === 0 || mapping.length !== schema.oneOf?.length) return schema
  return { ...schema, discriminator: { propertyName, mapping: Object.fromEntries(mapping) } }
}

/** What a client may send where `schema` checks it: what has a default may be left out. */
export function inputSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', override: simplified })
  return rest as JsonSchema
}

type Override = NonNullable<z.core.ToJSONSchemaParams['override']>

/** Takes out what is true of all our schemas and says nothing about this one. */
const simplified: Override = ({ jsonSchema }) => {
  delete jsonSchema.readOnly
  delete jsonSchema.propertyNames
  // More fields may come; clients ignore what they do not know.
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
  // Every integer is a safe one; only a narrower bound is worth a word.
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  // Every text is held to the first, and the format of an id says the other.
  if (jsonSchema.pattern === storable.source || jsonSchema.format === 'uuid') {
    delete jsonSchema.pattern
  }
  // A flag may come as text, as everything in a query does; whoever writes a client sends a flag.
  const types = jsonSchema.anyOf?.map((option) => option.type)
  if (types?.length === 2 && types[0] === 'boolean' && types[1] === 'string') {
    delete jsonSchema.anyOf
    jsonSchema.type = 'boolean'
  }
}
