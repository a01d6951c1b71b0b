import { expect, test } from 'vitest'
import type { MeasuredSection } from './document.ts'
import { measureSections } from './measure.ts'
import type { Bench } from './section.ts'

const finds =
  (name: string): Bench =>
  async () => ({ name, title: name, says: '', conditions: [], tables: [], goals: [] })

const fails: Bench = () => Promise.reject(new Error('a bid was lost'))

function measuring(benches: Readonly<Record<string, Bench>>) {
  const said: string[] = []
  const put: string[] = []
  const done = measureSections({
    benches: Object.entries(benches).map(([name, bench]) => ({ name, bench })),
    rounds: 1,
    seconds: 1,
    say: (line) => void said.push(line),
    put: async ({ section }: MeasuredSection) => void put.push(section.name),
    interrupted: new AbortController().signal,
  })
  return { said, put, done }
}

test('a section is put down before the next one is measured', async () => {
  const seen: string[][] = []
  const { put, done } = measuring({
    one: finds('one'),
    other: async (options) => {
      seen.push([...put])
      return await finds('other')(options)
    },
  })
  await done
  expect(seen).toEqual([['one']])
  expect(put).toEqual(['one', 'other'])
})

test('a bench that fails is told of, and takes nothing from the others', async () => {
  const { said, put, done } = measuring({ one: finds('one'), bad: fails, other: finds('other') })
  await expect(done).rejects.toThrow('Of 3 benches 1 failed: bad.')
  expect(put).toEqual(['one', 'other'])
  expect(said.join('\n')).toContain('bad failed: Error: a bid was lost')
})
