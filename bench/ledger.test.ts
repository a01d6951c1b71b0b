import { expect, test } from 'vitest'
import { compare, idOf, Ledger, type Stored } from './ledger.ts'

const ledger = new Ledger()
ledger.acceptedBid(1, 'lot', 100)
ledger.acceptedBid(2, 'lot', 200)
const stored: Stored = { accepted: 2, sumOfIds: 3, torn: 0, prices: { lot: 200 } }

test('what is stored as it was answered is in order', () => {
  expect(() => compare('a way', ledger.account(), stored)).not.toThrow()
})

test.each<[string, Partial<Stored>, string]>([
  ['lost', { accepted: 1 }, 'a way: 2 were accepted, 1 are stored'],
  ['stored twice', { accepted: 3 }, 'a way: 2 were accepted, 3 are stored'],
  [
    'stored in the place of another',
    { sumOfIds: 4 },
    'a way: others are stored than were accepted',
  ],
  ['numbered with a gap', { torn: 1 }, 'a way: the numbers of 1 have a gap'],
  [
    'below what was answered',
    { prices: { lot: 100 } },
    'a way: a lot stands at 100, the highest bid was 200',
  ],
])('a bid that is %s is told', (_, fault, says) => {
  expect(() => compare('a way', ledger.account(), { ...stored, ...fault })).toThrow(says)
})

test('the number of a bid or a message makes its id', () => {
  expect(idOf(255)).toBe('00000000-0000-4000-8000-0000000000ff')
})
