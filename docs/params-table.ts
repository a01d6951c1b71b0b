// Parameters as a Markdown table, from the schema that checks them.
import { z } from 'zod'

interface JsonSchema {
  readonly type?: string
  readonly enum?: readonly string[]
  readonly anyOf?: readonly JsonSchema[]
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: JsonSchema
  readonly required?: readonly string[]
  readonly default?: unknown
  readonly description?: string
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
}

/** A list of values longer than this is described, not printed. */
const listedValuesMax = 12

/** One row a field, nested fields as `outer.inner`; a sentence where there are none. */
export function paramsTable(schema: z.ZodType): string {
  const rows = fieldRows(z.toJSONSchema(schema, { io: 'input' }) as JsonSchema, '')
  if (rows.length === 0) return 'No parameters.'
  return ['| parameter | type | |', '| --- | --- | --- |', ...rows].join('\n')
}

function fieldRows(schema: JsonSchema, prefix: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}`
    const optional = schema.required?.includes(name) === true ? '' : '?'
    const says = [field.description, defaultOf(field)].filter((part) => part !== undefined)
    return [
      `| \`${path}${optional}\` | ${typeOf(field)} | ${says.join(' ')} |`,
      ...nested(field, path),
    ]
  })
}

function nested(field: JsonSchema, path: string): string[] {
  const inner = field.anyOf?.find(({ type }) => type === 'object') ?? field
  if (inner.items !== undefined) return fieldRows(inner.items, `${path}[].`)
  if (inner.additionalProperties !== undefined) {
    return fieldRows(inner.additionalProperties, `${path}.*.`)
  }
  return fieldRows(inner, `${path}.`)
}

function defaultOf(field: JsonSchema): string | undefined {
  return field.default === undefined ? undefined : `Default \`${JSON.stringify(field.default)}\`.`
}

function typeOf(field: JsonSchema): string {
  if (field.anyOf !== undefined) return field.anyOf.map(typeOf).join(' or ')
  if (field.enum !== undefined) {
    return field.enum.length > listedValuesMax
      ? `one of ${field.enum.length} codes`
      : field.enum.map((value) => `\`${value}\``).join(', ')
  }
  switch (field.type) {
    case undefined:
      return 'anything'
    case 'string':
      return stringType(field)
    case 'integer':
      return integerType(field)
    default:
      return field.type
  }
}

function stringType({ pattern, minLength = 0, maxLength }: JsonSchema): string {
  if (pattern?.includes('{8}-') === true) return 'UUID'
  return maxLength === undefined ? 'string' : `string, ${minLength}–${maxLength}`
}

function integerType({ minimum, maximum }: JsonSchema): string {
  const from = isBound(minimum) ? minimum : undefined
  const to = isBound(maximum) ? maximum : undefined
  if (from !== undefined && to !== undefined) return `integer, ${from}–${to}`
  if (from !== undefined) return `integer, from ${from}`
  return to === undefined ? 'integer' : `integer, to ${to}`
}

/** Every integer is a safe one; only a narrower bound is worth a word. */
function isBound(bound: number | undefined): boolean {
  return bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER
}
