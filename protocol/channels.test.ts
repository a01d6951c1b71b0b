import { describe, expect, test } from 'vitest'
import { channelNameCharactersMax, lotChannel, parseChannel, userChannel } from './channels.ts'
import { UserId, Uuid, userIdCharactersMax } from './ids.ts'

const lotId = '0190a1b2-1111-7222-8333-123456789abc'

describe('a channel’s name', () => {
  test('a lot’s', () => {
    const name = lotChannel(lotId)
    expect(parseChannel(name)).toEqual({ kind: 'lot', name, lotId })
  })

  test('a user’s', () => {
    const name = userChannel('ann')
    expect(parseChannel(name)).toEqual({ kind: 'user', name, userId: 'ann' })
  })

  test('the longest user’s fits', () => {
    const name = userChannel('é'.repeat(userIdCharactersMax))
    expect(name.length).toBeLessThanOrEqual(channelNameCharactersMax)
    expect(parseChannel(name)?.kind).toBe('user')
  })

  test.each([
    ['nothing', ''],
    ['no namespace', lotId],
    ['no id', 'lot:'],
    ['no user', 'user:'],
    ['an unknown namespace', 'sales:1'],
    ['a capital namespace', `Lot:${lotId}`],
    ['a property of every object', 'constructor:x'],
    ['a lot in capitals, which would be a second stream', `lot:${lotId.toUpperCase()}`],
    ['a lot with a space', `lot:${lotId} `],
    ['a lot in braces', `lot:{${lotId}}`],
    ['a lot without hyphens', `lot:${lotId.replaceAll('-', '')}`],
    ['a lot that is no UUID', 'lot:1'],
    ['a user with a space', 'user:ann lee'],
    ['a user with a colon', 'user:ann:lee'],
    ['a user with a hash, which divides topics', 'user:ann#json'],
    ['a user with a control character', 'user:ann\u0000'],
    ['a user with half of a surrogate pair', 'user:\uD800'],
    ['too long a name', `user:${'a'.repeat(channelNameCharactersMax)}`],
  ])('%s names no channel', (_, name) => {
    expect(parseChannel(name)).toBeUndefined()
  })
})

describe('ids', () => {
  test('a UUID in capitals is folded, so that one id has one spelling', () => {
    expect(Uuid.parse(lotId.toUpperCase())).toBe(lotId)
  })

  test.each(['', lotId.slice(1), `${lotId}a`, `${lotId}\n`, lotId.replace('0', 'g')])(
    '%j is no UUID',
    (text) => {
      expect(Uuid.safeParse(text).success).toBe(false)
    },
  )

  test.each(['ann', '42', 'a.b*c>d', 'auth0|5f7c', 'ann@example.org', '李雷', '😀'])(
    '%s is a user id',
    (text) => {
      expect(UserId.safeParse(text).success).toBe(true)
    },
  )

  test.each(['', ' ', 'a b', 'a\tb', 'a:b', 'a#b', 'a\u007F', '\uDC00', 'a'.repeat(129)])(
    '%j is no user id',
    (text) => {
      expect(UserId.safeParse(text).success).toBe(false)
    },
  )
})
