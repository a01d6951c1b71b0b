// Devices that pushes go to: what is known of each, and in which words and hours it is spoken to.
import { z } from 'zod'
import { EpochMs } from './auction.ts'
import { Shape } from './shape.ts'
import { Text } from './text.ts'

export const PLATFORMS = ['android', 'ios', 'web'] as const
export type Platform = (typeof PLATFORMS)[number]

/** How the push service names a device: by a registration token, or by a Firebase installation id. */
export const TOKEN_KINDS = ['token', 'fid'] as const
export type TokenKind = (typeof TOKEN_KINDS)[number]

/** As in the token's claim of the same name. */
export const DeviceId = Text(128).min(1).describe('The device, as its access token names it too.')

/** Far above the tokens of today's push services, and within what an index can hold. */
const pushTokenCharactersMax = 2_048

export const PushToken = z
  .string()
  .min(1)
  .max(pushTokenCharactersMax)
  .regex(/^[\x21-\x7e]*$/, { message: 'expected no spaces and ASCII only, as the service gave it' })
  .describe('What the push service calls the device.')

// ---- words ------------------------------------------------------------------------------------

/** The languages that pushes are written in. */
export const PUSH_LOCALES = ['en', 'de', 'es', 'fr', 'ja', 'pt-BR'] as const
export type PushLocale = (typeof PUSH_LOCALES)[number]

/** A BCP 47 tag, brought to its canonical spelling. */
const Locale = Text(64)
  .refine((tag) => canonicalLocale(tag) !== undefined, {
    message: 'expected a BCP 47 language tag such as "pt-BR"',
    abort: true,
  })
  .overwrite((tag) => canonicalLocale(tag) ?? tag)

function canonicalLocale(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0]
  } catch {
    return undefined
  }
}

/** That of our languages which a speaker of `tag` reads best: the same language of any region, else English. */
export function nearestLocale(tag: string): PushLocale {
  const { language } = new Intl.Locale(tag)
  return PUSH_LOCALES.find((ours) => new Intl.Locale(ours).language === language) ?? 'en'
}

// ---- hours ------------------------------------------------------------------------------------

/** An IANA time zone, brought to its usual spelling. */
const TimeZone = Text(64)
  .refine((name) => knownTimeZone(name) !== undefined, {
    message: 'expected an IANA time zone such as "Europe/Berlin"',
    abort: true,
  })
  .overwrite((name) => knownTimeZone(name) ?? name)

function knownTimeZone(name: string): string | undefined {
  // JavaScript takes offsets too, which know no summer time.
  if (!/^[A-Za-z]/.test(name)) return undefined
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  } catch {
    return undefined
  }
}

const ClockTime = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, { message: 'expected a time such as "22:00"' })

export const QuietHours = Shape('When pushes wait, by the clock of the device’s time zone.', {
  from: ClockTime,
  to: ClockTime.describe('Before `from`, where midnight lies between.'),
}).refine(({ from, to }) => from !== to, {
  path: ['to'],
  message: 'expected another time than from',
})
export type QuietHours = Readonly<z.output<typeof QuietHours>>

/** Minutes after midnight of a time such as "22:00". */
export function minutesOf(clockTime: string): number {
  const [hours = 0, minutes = 0] = clockTime.split(':').map(Number)
  return 60 * hours + minutes
}

/** The time so many minutes after midnight: "22:00". */
export function clockTimeOf(minutes: number): string {
  const parts = [Math.floor(minutes / 60), minutes % 60]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}

// ---- the device -------------------------------------------------------------------------------

/** A device as its user registers it. */
export const RegisterDevice = z.object({
  deviceId: DeviceId,
  platform: z.enum(PLATFORMS),
  token: PushToken,
  tokenKind: z
    .enum(TOKEN_KINDS)
    .default('token')
    .describe('A registration token, or an installation id.'),
  locale: Locale.describe('A BCP 47 tag: pushes are written in the nearest language there is.'),
  timeZone: TimeZone.describe('IANA; quiet hours are by its clock.'),
  quietHours: QuietHours.optional(),
})
export type RegisterDevice = Readonly<z.output<typeof RegisterDevice>>

export const DeviceRef = z.object({ deviceId: DeviceId })

export const DeviceView = Shape(
  'A device of the caller that pushes go to. Its token stays secret.',
  {
    deviceId: DeviceId,
    platform: z.enum(PLATFORMS),
    tokenKind: z.enum(TOKEN_KINDS),
    locale: z.string(),
    timeZone: z.string(),
    quietHours: QuietHours.exactOptional(),
    registeredAt: EpochMs.describe('The last time.'),
    seenAt: EpochMs.describe('When it was last heard of, to the hour.'),
  },
)
export type DeviceView = Readonly<z.output<typeof DeviceView>>

export const DeviceList = Shape('The caller’s devices.', {
  items: z.array(DeviceView).readonly(),
})
export type DeviceList = Readonly<z.output<typeof DeviceList>>
