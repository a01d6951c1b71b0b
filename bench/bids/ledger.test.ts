import { expect, test } from 'vitest'
import { bidId, compare, Ledger, type Stored } from './ledger.ts'

const ledger = new Ledger()
ledger.accepted('lot', 1, 100)
ledger.accepted('lot', 2, 200)
const stored: Stored = { accepted: 2, sumOfIds: 3, torn: 0, prices: { lot: 200 } }

test('what is stored as it was answered is in order', () => {
  expect(() => compare('a way', ledger.account(), stored)).not.toThrow()
})

test.each<[string, Partial<Stored>, string]>([
  ['lost', { accepted: 1 }, 'a way: 2 bids were accepted, 1 are stored'],
  ['stored twice', { accepted: 3 }, 'a way: 2 bids were accepted, 3 are stored'],
  [
    'stored in the place of another',
    { sumOfIds: 4 },
    'a way: other bids are stored than were accepted',
  ],
  ['numbered with a gap', { torn: 1 }, 'a way: 1 lots have a gap in their numbers'],
  [
    'below what was answered',
    { prices: { lot: 100 } },
    'a way: a lot stands at 100, the highest bid was 200',
  ],
])('a bid that is %s is told', (_, fault, says) => {
  expect(() => compare('a way', ledger.account(), { ...stored, ...fault })).toThrow(says)
})

test('the number of a bid makes its id', () => {
  expect(bidId(255)).toBe('00000000-0000-4000-8000-0000000000ff')
})
