// Parameters as a Markdown table, from the schema that checks them.
import type { z } from 'zod'
import { inputSchema, type JsonSchema } from '../protocol/json-schema.ts'

/** A list of values longer than this is described, not printed. */
const listedValuesMax = 12

/** One row a field, nested fields as `outer.inner`; a sentence where there are none. */
export function paramsTable(schema: z.ZodType): string {
  const rows = fieldRows(inputSchema(schema), '')
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
  if (typeof inner.additionalProperties === 'object') {
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
      : field.enum.map((value) => `\`${String(value)}\``).join(', ')
  }
  return [field.type ?? 'anything']
    .flat()
    .map((type) => scalarType(type, field))
    .join(' or ')
}

function scalarType(type: string, field: JsonSchema): string {
  if (type === 'string') return stringType(field)
  return type === 'integer' ? integerType(field) : type
}

function stringType({ format, minLength = 0, maxLength }: JsonSchema): string {
  if (format === 'uuid') return 'UUID'
  return maxLength === undefined ? 'string' : `string, ${minLength}–${maxLength}`
}

function integerType({ minimum, maximum }: JsonSchema): string {
  if (minimum !== undefined && maximum !== undefined) return `integer, ${minimum}–${maximum}`
  if (minimum !== undefined) return `integer, from ${minimum}`
  return maximum === undefined ? 'integer' : `integer, to ${maximum}`
}
