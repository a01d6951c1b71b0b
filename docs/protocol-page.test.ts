import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { shapeSchemas } from '../protocol/json-schema.ts'
import { declaration } from './declarations.ts'
import { paramsTable } from './params-table.ts'
import { protocolPage } from './protocol-page.ts'
import { shapeText } from './shape-text.ts'

test('docs/protocol.md is what `npm run docs` prints today', () => {
  const printed = readFileSync(new URL('protocol.md', import.meta.url), 'utf8')
  expect(printed).toBe(protocolPage())
})

describe('a table of parameters', () => {
  test('shows types, bounds, what is optional, and nested fields', () => {
    const schema = z.object({
      kind: z.enum(['proxy', 'exact']).default('proxy'),
      note: z.string().max(5).optional().describe('For people.'),
      bands: z.array(z.object({ from: z.number().int().min(0) })),
      soft: z.object({ windowMs: z.number() }).nullable(),
    })
    expect(paramsTable(schema).split('\n').slice(2)).toEqual([
      '| `kind?` | `proxy`, `exact` | Default `"proxy"`. |',
      '| `note?` | string, 0–5 | For people. |',
      '| `bands` | array |  |',
      '| `bands[].from` | integer, from 0 |  |',
      '| `soft` | object or null |  |',
      '| `soft.windowMs` | number |  |',
    ])
  })

  test('is a sentence where there is none', () => {
    expect(paramsTable(z.object({}))).toBe('No parameters.')
  })
})

describe('a shape as text', () => {
  const schemas = shapeSchemas((name) => `#/${name}`)

  test('names the shapes it holds, and says what is optional, nullable and described', () => {
    const text = shapeText('LotView', schemas)
    expect(text).toMatch(/^\/\*\* What everybody may know of a lot\. \*\/\ninterface LotView \{/)
    expect(text).toContain('  /** Null before the first bid. */\n  price: number | null\n')
    expect(text).toContain('  result?: LotResult\n')
    expect(text).toContain('  leader: string | null\n')
  })

  test('of alternatives is their names', () => {
    expect(shapeText('BidOutcome', schemas)).toBe(
      'type BidOutcome = BidAccepted | Refused | OutcomeUnknown',
    )
  })

  test('that has all the fields of another says what it adds', () => {
    expect(shapeText('AttachmentLink', schemas)).toContain(
      'interface AttachmentLink extends AttachmentView {\n  /** Where its bytes are. */\n  url: string\n',
    )
    expect(shapeText('ConversationOpened', schemas)).toContain(
      "extends ConversationView {\n  outcome: 'accepted'\n}",
    )
  })

  test('breaks long alternatives into lines, and lists and maps keep what they hold', () => {
    const field = { type: 'array', items: { enum: ['a', 'b'] } }
    const shape = {
      type: 'object',
      properties: {
        some: field,
        tags: { type: 'object', additionalProperties: { type: 'string' } },
        what: {
          oneOf: [{ type: 'object', properties: { a: { type: 'integer' } } }, { $ref: 'B' }],
        },
      },
      required: ['some'],
    }
    expect(shapeText('Made', { Made: shape }).split('\n')).toEqual([
      'interface Made {',
      "  some: Array<'a' | 'b'>",
      '  tags?: Record<string, string>',
      '  what?:',
      '    | {',
      '        a?: number',
      '      }',
      '    | B',
      '}',
    ])
  })
})

describe('a declaration', () => {
  test('is the source’s own, without export and readonly', () => {
    expect(declaration('Publication')).toMatch(
      /^\/\*\* One publication[^]*\*\/\ninterface Publication \{/,
    )
    expect(declaration('PresenceStatsResult')).toBe(
      'interface PresenceStatsResult {\n  num_clients: number\n  num_users: number\n}',
    )
  })

  test('that is missing is an error, not a hole in the page', () => {
    expect(() => declaration('Nobody')).toThrow('Nobody')
  })
})
