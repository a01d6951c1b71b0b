// Shapes as TypeScript declarations: the shortest text that says a shape to whoever writes a client.
import type { JsonSchema } from '../protocol/json-schema.ts'

/** A closed list longer than this stands in a table of its own; here its values are just strings. */
const listedValuesMax = 12
const lineCharactersMax = 96

type Schemas = Readonly<Record<string, JsonSchema>>

/**
 * The declaration of the shape `name`, with a comment for everything that is described. A shape that
 * has all the fields of another is printed as what it adds to it.
 */
export function shapeText(name: string, schemas: Schemas): string {
  const schema = schemas[name] ?? {}
  const said = comment(schema.description, '')
  if (schema.properties === undefined)
    return said + declared(`type ${name} =`, typeText(schema, ''))
  const base = baseOf(name, schema, schemas)
  if (base === undefined) return `${said}interface ${name} ${objectText(schema, '')}`
  return `${said}interface ${name} extends ${base} ${objectText(added(schema, schemas[base]), '')}`
}

function baseOf(
  name: string,
  { properties = {} }: JsonSchema,
  schemas: Schemas,
): string | undefined {
  const same = (field: string, as: JsonSchema): boolean =>
    JSON.stringify(properties[field]) === JSON.stringify(as)
  const found = Object.entries(schemas).find(([other, { properties: fields }]) => {
    const theirs = Object.entries(fields ?? {})
    return other !== name && theirs.length > 3 && theirs.every(([field, as]) => same(field, as))
  })
  return found?.[0]
}

function added(schema: JsonSchema, base: JsonSchema | undefined): JsonSchema {
  const own = Object.entries(schema.properties ?? {})
  const news = own.filter(([field]) => base?.properties?.[field] === undefined)
  return { ...schema, properties: Object.fromEntries(news) }
}

/** The name of the shape that a `$ref` leads to: its last part. */
const shapeNamed = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1)

function typeText(schema: JsonSchema, indent: string): string {
  const options = schema.anyOf ?? schema.oneOf
  const inner = `${indent}    `
  if (options !== undefined)
    return oneOf(
      options.map((option) => typeText(option, inner)),
      indent,
    )
  if (schema.enum !== undefined) {
    return schema.enum.length > listedValuesMax ? 'string' : oneOf(schema.enum.map(quoted), indent)
  }
  if (schema.$ref !== undefined) return shapeNamed(schema.$ref)
  if (schema.const !== undefined) return quoted(schema.const)
  if (schema.properties !== undefined) return objectText(schema, indent)
  if (schema.type === 'object') return recordText(schema, indent)
  if (schema.type === 'array') return arrayText(typeText(schema.items ?? {}, indent))
  return [schema.type ?? 'unknown'].flat().map(scalarText).join(' | ')
}

/** The alternatives in a line, or below each other where they are too long for one. */
function oneOf(texts: readonly string[], indent: string): string {
  const line = texts.join(' | ')
  if (!line.includes('\n') && line.length <= lineCharactersMax) return line
  return texts.map((text) => `\n${indent}  | ${text}`).join('')
}

const quoted = (value: unknown): string =>
  typeof value === 'string' ? `'${value}'` : JSON.stringify(value)

const scalarText = (type: string): string => (type === 'integer' ? 'number' : type)

const arrayText = (item: string): string => (/[ |]/.test(item) ? `Array<${item}>` : `${item}[]`)

function recordText({ additionalProperties: values }: JsonSchema, indent: string): string {
  return `Record<string, ${typeof values === 'object' ? typeText(values, indent) : 'unknown'}>`
}

function objectText({ properties = {}, required = [] }: JsonSchema, indent: string): string {
  const inner = `${indent}  `
  const fields = Object.entries(properties).map(([name, field]) => {
    const optional = required.includes(name) ? '' : '?'
    const said = repeats(name, field) ? '' : comment(field.description, inner)
    return `${said}${inner}${declared(`${name}${optional}:`, typeText(field, inner))}`
  })
  return `{\n${fields.join('\n')}\n${indent}}`
}

/** Whether the description says no more than the name: `The lot.` of a `lotId`. */
function repeats(name: string, { description }: JsonSchema): boolean {
  return description === `The ${name.replace(/Id$/, '')}.`
}

/** Alternatives that stand below each other begin on a line of their own. */
const declared = (head: string, type: string): string =>
  type.startsWith('\n') ? head + type : `${head} ${type}`

function comment(says: string | undefined, indent: string): string {
  return says === undefined ? '' : `${indent}/** ${says} */\n`
}
