import { expect, test } from 'vitest'
import { samplesOf } from './prometheus-text.ts'

test('samples are read with their labels, and what is none is passed over', () => {
  const text = String.raw`
# HELP some_total What it counts
# TYPE some_total counter
some_total{role="gateway",says="a \"word\", a comma\nand a \\"} 12 1395066363000
plain 1.5e3
endless{le="+Inf"} +Inf
<html>an error page</html>
`
  const samples = [...samplesOf(text)]
  expect(samples.map(({ name, value }) => [name, value])).toEqual([
    ['some_total', 12],
    ['plain', 1_500],
    ['endless', Number.POSITIVE_INFINITY],
  ])
  expect(Object.fromEntries(samples[0]?.labels ?? [])).toEqual({
    role: 'gateway',
    says: 'a "word", a comma\nand a \\',
  })
})
