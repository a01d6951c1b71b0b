import { describe, expect, test } from 'vitest'
import type { FeedCommand } from '../../protocol/feed-commands.ts'
import { feedCommandsSubject } from '../../protocol/subjects.ts'
import { overloadedRetryMs, verdictDeadlineMs } from '../limits.ts'
import { asking } from '../testing/asking.ts'
import { noonMs } from '../testing/people.ts'
import { createBusFeedOffice } from './bus-feed-office.ts'

const canary = 'the canary sings'
const command: FeedCommand = {
  type: 'register_device',
  device: {
    deviceId: 'pixel',
    platform: 'android',
    token: canary,
    tokenKind: 'token',
    locale: 'en',
    timeZone: 'UTC',
  },
  actor: { userId: 'ann', roles: [] },
}

function setup() {
  const { options, ...rest } = asking()
  return { ...rest, office: createBusFeedOffice(options) }
}

describe('what a user settles', () => {
  test('reaches a notifier, and comes back with what came of it', async () => {
    const { bus, office } = setup()
    const heard: unknown[] = []
    const outcome = { outcome: 'accepted', serverTime: noonMs }
    await bus.serve(feedCommandsSubject, async (message) => {
      heard.push(message)
      return outcome
    })
    expect(await office.submit(command)).toEqual(outcome)
    expect(heard).toEqual([{ ...command, askedAtMs: noonMs }])
  })

  test('is refused overloaded where no notifier is there until the deadline', async () => {
    const { clock, office } = setup()
    const outcome = office.submit(command)
    await clock.advanceAsync(verdictDeadlineMs + 100)
    expect(await outcome).toMatchObject({
      outcome: 'refused',
      code: 'overloaded',
      retryable: true,
      retryAfterMs: overloadedRetryMs,
    })
  })

  test('is unknown where the answer is lost, and no push token is in the line that says so', async () => {
    const { bus, clock, lines, office } = setup()
    await bus.serve(feedCommandsSubject, async () => await new Promise<never>(() => {}))
    const outcome = office.submit(command)
    await clock.advanceAsync(verdictDeadlineMs + 100)
    expect(await outcome).toMatchObject({ outcome: 'unknown', code: 'outcome_unknown' })
    expect(lines.join('')).toContain('register_device')
    expect(lines.join('')).not.toContain(canary)
  })
})
