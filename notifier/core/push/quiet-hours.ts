// The hours in which a device is not disturbed, by the clock on its wall.

export interface QuietHours {
  /** IANA. */
  readonly timeZone: string
  /** Minutes after midnight. Where the end is before the beginning, midnight lies between. */
  readonly fromMin: number
  readonly toMin: number
}

const dayMin = 24 * 60
const minuteMs = 60_000

/**
 * When the quiet hours that `nowMs` is in are over; undefined where it is in none. Clocks that are put
 * forward or back meanwhile are reckoned with: it is over when the clock on the wall says so. Where it never
 * says so, since that time is leapt over, it is over by the hour after.
 */
export function quietUntilMs(quiet: QuietHours, nowMs: number): number | undefined {
  if (!isQuiet(quiet, nowMs)) return undefined
  const { timeZone, toMin } = quiet
  const minuteNowMs = nowMs - (nowMs % minuteMs)
  const guessMs = minuteNowMs + forward(wallClockMin(timeZone, nowMs), toMin) * minuteMs
  // By so much the clock was put forward (positive) or back until then.
  const leapMs = shortWay(toMin, wallClockMin(timeZone, guessMs)) * minuteMs
  const endMs = guessMs - leapMs
  return endMs > nowMs && !isQuiet(quiet, endMs) ? endMs : guessMs
}

function isQuiet({ timeZone, fromMin, toMin }: QuietHours, atMs: number): boolean {
  return forward(fromMin, wallClockMin(timeZone, atMs)) < forward(fromMin, toMin)
}

/** From one time of day to the next time that it is the other. */
function forward(fromMin: number, toMin: number): number {
  return (toMin - fromMin + dayMin) % dayMin
}

/** From one time of day to another by the shorter way, which may be back. */
function shortWay(fromMin: number, toMin: number): number {
  const ahead = forward(fromMin, toMin)
  return ahead > dayMin / 2 ? ahead - dayMin : ahead
}

const clocks = new Map<string, Intl.DateTimeFormat>()

/** What a clock on the wall there shows: minutes after midnight. */
export function wallClockMin(timeZone: string, atMs: number): number {
  let clock = clocks.get(timeZone)
  if (clock === undefined) {
    // One takes a hundred times longer to make than to ask, and there are some hundred zones.
    clock = new Intl.DateTimeFormat('en', {
      timeZone,
      hourCycle: 'h23',
      hour: 'numeric',
      minute: 'numeric',
    })
    clocks.set(timeZone, clock)
  }
  const [hours = 0, minutes = 0] = clock.format(atMs).split(':').map(Number)
  return 60 * hours + minutes
}
