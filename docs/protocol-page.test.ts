import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { declaration } from './declarations.ts'
import { paramsTable } from './params-table.ts'
import { protocolPage } from './protocol-page.ts'

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

describe('a declaration', () => {
  test('is the source’s own, without export and readonly', () => {
    expect(declaration('BidOutcome')).toBe(
      'type BidOutcome = BidAccepted | Refused | OutcomeUnknown',
    )
    expect(declaration('PublicBid')).toMatch(/^interface PublicBid \{[^]*alias: string[^]*\}$/)
    expect(declaration('OwnStanding')).toMatch(/^\/\*\* The caller/)
  })

  test('that is missing is an error, not a hole in the page', () => {
    expect(() => declaration('Nobody')).toThrow('Nobody')
  })
})
