import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  clockTimeOf,
  minutesOf,
  nearestLocale,
  PUSH_LOCALES,
  QuietHours,
  RegisterDevice,
} from './devices.ts'
import { describeFaults, faultsOf } from './faults.ts'

const device = {
  deviceId: 'pixel',
  platform: 'android',
  token: 'abc:def_1-2',
  locale: 'en',
  timeZone: 'Europe/Berlin',
}

function faults(change: object): string {
  const checked = RegisterDevice.safeParse({ ...device, ...change })
  return checked.error === undefined ? '' : describeFaults(faultsOf(checked.error))
}

describe('a device', () => {
  test('is named by a registration token unless it says otherwise, and may do without quiet hours', () => {
    expect(RegisterDevice.parse(device)).toEqual({ ...device, tokenKind: 'token' })
    expect(RegisterDevice.parse({ ...device, tokenKind: 'fid' })).toMatchObject({
      tokenKind: 'fid',
    })
  })

  test.each([
    ['pt-br', 'pt-BR'],
    ['EN-us', 'en-US'],
    ['zh-hant-tw', 'zh-Hant-TW'],
    ['de', 'de'],
  ])('speaks %s, spelt %s', (locale, spelt) => {
    expect(RegisterDevice.parse({ ...device, locale })).toMatchObject({ locale: spelt })
  })

  test.each(['', 'e', 'en_US', 'in German', 'en-', '\0'])('does not speak %j', (locale) => {
    expect(faults({ locale })).toContain('locale: expected')
  })

  test.each([
    ['europe/berlin', 'Europe/Berlin'],
    ['Asia/Tokyo', 'Asia/Tokyo'],
    ['UTC', 'UTC'],
  ])('lives in %s, spelt %s', (timeZone, spelt) => {
    expect(RegisterDevice.parse({ ...device, timeZone })).toMatchObject({ timeZone: spelt })
  })

  test.each(['', 'Mars/Olympus', '+02:00', '-0300', 'Europe', ' Europe/Berlin', '\0'])(
    'does not live in %j',
    (timeZone) => {
      expect(faults({ timeZone })).toContain('timeZone: expected')
    },
  )

  test.each(['22:60', '24:00', '7:00', '07:00:00', 'noon', ''])('has no quiet hour %j', (from) => {
    expect(faults({ quietHours: { from, to: '08:00' } })).toBe(
      'quietHours.from: expected a time such as "22:00"',
    )
  })

  test('has quiet hours that end', () => {
    expect(faults({ quietHours: { from: '08:00', to: '08:00' } })).toBe(
      'quietHours.to: expected another time than from',
    )
    expect(faults({ quietHours: { from: '08:00' } })).toContain('quietHours.to: ')
    expect(QuietHours.parse({ from: '22:00', to: '07:00' })).toEqual({ from: '22:00', to: '07:00' })
  })
})

describe('the nearest of our languages', () => {
  test.each(PUSH_LOCALES)('to %s is itself', (locale) => {
    expect(nearestLocale(locale)).toBe(locale)
  })

  test.each([
    ['en-GB', 'en'],
    ['de-CH-1996', 'de'],
    ['es-419', 'es'],
    ['fr-CA', 'fr'],
    ['ja-JP-u-ca-japanese', 'ja'],
    ['pt', 'pt-BR'],
    ['pt-PT', 'pt-BR'],
    ['sv', 'en'],
    ['zh-Hant', 'en'],
  ])('to %s is %s', (tag, nearest) => {
    expect(nearestLocale(tag)).toBe(nearest)
  })
})

test('a clock’s time and its minutes are each other’s', () => {
  expect([minutesOf('00:00'), minutesOf('07:05'), minutesOf('23:59')]).toEqual([0, 425, 1_439])
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_439 }), (minutes) => {
      expect(minutesOf(clockTimeOf(minutes))).toBe(minutes)
    }),
  )
})
