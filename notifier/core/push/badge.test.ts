import { describe, expect, test } from 'vitest'
import { type BadgeFacts, decideBadge, type Shown } from './badge.ts'
import { digestTag } from './digest.ts'

const away = { isConnected: false }
const shown = (seq: number, tag: string, isOver: boolean): Shown => ({ seq, tag, isOver })
const facts = (...of: Shown[]): BadgeFacts => ({ hasDevice: true, shown: of, unread: 1 })

describe('what a device may still show', () => {
  test('nothing of it is over: it stays', () => {
    expect(decideBadge(facts(shown(1, 'a', false)), away)).toEqual({ type: 'skip' })
  })

  test('what is over is taken away, but not what is shown under the same tag and is not', () => {
    const some = facts(shown(1, 'a', true), shown(2, 'b', true), shown(3, 'b', false))
    const expected = { type: 'send', clears: ['a'], seqs: [1, 2], isMoreLeft: false }
    expect(decideBadge(some, away)).toEqual(expected)
    expect(decideBadge(some, undefined)).toEqual(expected)
  })

  test('what was deleted is taken away, though it had taken the place of what is not over', () => {
    const some = facts(shown(1, 'a', false), shown(2, 'a', true))
    const expected = { type: 'send', clears: ['a'], seqs: [2], isMoreLeft: false }
    expect(decideBadge(some, away)).toEqual(expected)
  })

  test('a digest stays while any of what it tells is not over', () => {
    const some = facts(shown(1, digestTag, false), shown(2, digestTag, true))
    const expected = { type: 'send', clears: [], seqs: [2], isMoreLeft: false }
    expect(decideBadge(some, away)).toEqual(expected)
  })

  test('a device that is connected hears of it there', () => {
    const some = facts(shown(1, 'a', true), shown(2, 'b', false))
    expect(decideBadge(some, { isConnected: true })).toEqual({ type: 'note', seqs: [1] })
  })

  test('more than one push can name is named by the next', () => {
    const many = Array.from({ length: 100 }, (_, n) => shown(n, `tag-${n}`, true))
    const decision = decideBadge(facts(...many), away)
    if (decision.type !== 'send') throw new Error('it is sent')
    expect(decision.clears).toHaveLength(40)
    expect(decision.seqs).toEqual(many.slice(0, 40).map(({ seq }) => seq))
    expect(decision.isMoreLeft).toBe(true)
  })

  test('a device that is gone shows nothing', () => {
    const gone = { ...facts(shown(1, 'a', true)), hasDevice: false }
    expect(decideBadge(gone, away)).toEqual({ type: 'skip' })
  })
})
