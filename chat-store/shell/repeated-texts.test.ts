import { expect, test } from 'vitest'
import { VirtualClock } from '../../platform/testing/virtual-clock.ts'
import { repeatedTextConversationsMax, repeatedTextWindowMs } from '../limits.ts'
import { RepeatedTexts } from './repeated-texts.ts'

test('conversations are counted once each, by sender and text', () => {
  const texts = new RepeatedTexts(new VirtualClock())
  expect(texts.conversationsWith('eve', 'cheap watches', 'one')).toBe(1)
  expect(texts.conversationsWith('eve', 'cheap watches', 'two')).toBe(2)
  expect(texts.conversationsWith('eve', 'cheap watches', 'two')).toBe(2)
  expect(texts.conversationsWith('eve', 'dear watches', 'three')).toBe(1)
  expect(texts.conversationsWith('bea', 'cheap watches', 'three')).toBe(1)
})

test('what was said before the window is forgotten, what was said again in it is not', () => {
  const clock = new VirtualClock()
  const texts = new RepeatedTexts(clock)
  texts.conversationsWith('eve', 'cheap watches', 'one')
  texts.conversationsWith('eve', 'cheap watches', 'two')
  clock.advance(repeatedTextWindowMs - 1)
  expect(texts.conversationsWith('eve', 'cheap watches', 'one')).toBe(2)
  clock.advance(1)
  expect(texts.conversationsWith('eve', 'cheap watches', 'three')).toBe(2)
})

test('of one text no more conversations are remembered than a rule may ask for', () => {
  const texts = new RepeatedTexts(new VirtualClock())
  let counted = 0
  for (let nth = 0; nth < repeatedTextConversationsMax + 10; nth += 1) {
    counted = texts.conversationsWith('eve', 'cheap watches', `conversation ${nth}`)
  }
  expect(counted).toBe(repeatedTextConversationsMax)
})
