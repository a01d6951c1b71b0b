import { describe, expect, test } from 'vitest'
import { type BadgeFacts, decideBadge, type Shown } from './badge.ts'
import { decideDigest, type Waiting } from './digest.ts'

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

describe('a digest', () => {
  const nowMs = Date.UTC(2026, 6, 1, 12)
  const device = { platform: 'android', locale: 'en' } as const
  const waits = (seq: number, type: Waiting['type'], isOver = false) => ({ seq, type, isOver })

  test('tells how many messages and how many others there are that are not over', () => {
    const waiting = [
      waits(1, 'message'),
      waits(2, 'message', true),
      waits(3, 'offer'),
      waits(4, 'message', true),
    ]
    expect(decideDigest({ device, waiting, unread: 2 }, nowMs)).toEqual({
      type: 'send',
      lastSeq: 3,
      count: 2,
      messages: 1,
      others: 1,
    })
  })

  test('of nothing, or to nobody, is none', () => {
    const waiting = [waits(1, 'message', true)]
    expect(decideDigest({ device, waiting, unread: 0 }, nowMs)).toEqual({ type: 'skip' })
    expect(decideDigest({ waiting: [waits(1, 'message')], unread: 1 }, nowMs)).toEqual({
      type: 'skip',
    })
  })

  test('waits for the end of quiet hours', () => {
    const quiet = { timeZone: 'UTC', fromMin: 0, toMin: 13 * 60 }
    const waiting = [waits(1, 'message')]
    expect(decideDigest({ device: { ...device, quiet }, waiting, unread: 1 }, nowMs)).toEqual({
      type: 'later',
      untilMs: nowMs + 3_600_000,
    })
  })
})
