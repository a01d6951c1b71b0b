import { describe, expect, test } from 'vitest'
import { captionText, firstCharacters, messageCharactersMax, messageText } from './message-text.ts'

const tooLong = { refusal: { code: 'text_too_long', fields: { max: messageCharactersMax } } }

describe('the text of a message', () => {
  test('is kept in one form, whichever way it was typed', () => {
    expect(messageText('Cafe\u0301\r\nby the\rsea')).toEqual({ text: 'Caf\u00e9\nby the\nsea' })
  })

  test('is counted in characters, not in the units of an encoding', () => {
    const longest = '🎉'.repeat(messageCharactersMax)
    expect(messageText(longest)).toEqual({ text: longest })
    expect(messageText(`${longest}!`)).toEqual(tooLong)
    expect(messageText('x'.repeat(100 * messageCharactersMax))).toEqual(tooLong)
  })

  test.each(['', ' \n ', '\u00a0'])('%j says nothing', (said) => {
    expect(messageText(said)).toEqual({ refusal: { code: 'text_empty' } })
    expect(captionText(said)).toEqual({ text: '' })
  })

  test.each(['a\0b', 'a\u0007b', 'a\u009fb', 'a\ud83d', '\udc00b'])(
    '%j can not be said',
    (said) => {
      expect(messageText(said)).toEqual({ refusal: { code: 'text_invalid' } })
      expect(captionText(said)).toEqual({ refusal: { code: 'text_invalid' } })
    },
  )

  test('may be left out of a caption', () => {
    expect(captionText(undefined)).toEqual({ text: '' })
    expect(captionText('As new')).toEqual({ text: 'As new' })
  })
})

test('the beginning of a text cuts no character in two', () => {
  expect(firstCharacters('short', 5)).toBe('short')
  expect(firstCharacters('🎉🎉🎉', 2)).toBe('🎉🎉')
  expect(firstCharacters('a🎉b🎉', 2)).toBe('a🎉')
})
