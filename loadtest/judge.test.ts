// Whether a load test can be trusted: through a passage that loses, doubles, reorders or invents something it must
// be judged wrong, by the rule that was broken; through one that does nothing, right.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { signToken, startServer, type TestServer } from '../acceptance/testing/server.ts'
import type { Rule } from '../history/violation.ts'
import type { Plan, ScenarioName } from './run/plan.ts'
import type { Audit } from './run/scenario.ts'
import {
  doesTwice,
  doubles,
  fallsSilent,
  falsifies,
  loses,
  mixesUpAnswers,
  reorders,
  skips,
  takesForNothing,
  withAnotherMessage,
  withAnotherPrice,
  withAnotherType,
} from './testing/lies.ts'
import { type Lie, lieAbout } from './testing/lying-passage.ts'
import { mistakeWhoIsOutbid } from './testing/mistaken-notifier.ts'
import {
  asToSomebodyNew,
  backwards,
  type Falsified,
  honestly,
  liesOnReturn,
  thenAnOlderState,
  withNothing,
  withoutTheFirst,
  withoutTheLast,
  withTheFirstTwice,
} from './testing/recovery-lies.ts'
import { type RunHereOptions, runHere, smallPlan } from './testing/run-here.ts'
import { unlimited } from './testing/unlimited.ts'
import type { Tokens } from './tokens.ts'

let server: TestServer
const tokens: Tokens = (user, roles = []) => signToken(user, { roles })

beforeAll(async () => {
  server = await startServer(unlimited)
})
afterAll(() => server.stop())

/** By every stored decision or event, and by what the server lists. */
async function judged(
  changed: Partial<Plan> & { readonly scenario: ScenarioName },
  lie: (nth: number) => Lie,
  patience: Pick<RunHereOptions, 'patienceMs'> = {},
): Promise<readonly [Audit, Audit]> {
  const passage = await lieAbout(server.url, lie)
  try {
    const { judge } = await runHere({ plan: smallPlan(changed, passage.url), tokens, ...patience })
    return [await judge(server.databaseUrl), await judge()]
  } finally {
    await passage.stop()
  }
}

const rulesIn = ({ violations }: Audit): Rule[] => violations.map(({ rule }) => rule)
const honest = (): Lie => ({})

test.each(['auction', 'chat'] as const)(
  '%s without a lie is judged right',
  async (scenario) => {
    // Nothing is waited for in vain here: whoever is late is slow, and no liar.
    const audits = await judged({ scenario }, honest, { patienceMs: 60_000 })
    for (const audit of audits) {
      expect(audit.violations).toEqual([])
      for (const many of Object.values(audit.judged)) expect(many).toBeGreaterThan(0)
    }
  },
  180_000,
)

describe('a server that', () => {
  const manyLots = { scenario: 'auction', lots: 20, rate: 200, duration: 2 } as const
  const LIES: readonly [what: string, rule: Rule, scenario: ScenarioName, lie: () => Lie][] = [
    ['loses states of a lot', 'hole', 'auction', () => loses('lot:')],
    ['falls silent about a lot', 'left_behind', 'auction', () => fallsSilent('lot:')],
    ['tells states of a lot twice', 'back_in_time', 'auction', () => doubles('lot:')],
    ['tells states of a lot out of order', 'back_in_time', 'auction', () => reorders('lot:')],
    ['tells other prices', 'told_otherwise', 'auction', () => falsifies('lot:', withAnotherPrice)],
    [
      'takes bids for nothing',
      'acknowledged_missing',
      'auction',
      () => takesForNothing('bid.place'),
    ],
    ['loses messages on their way', 'hole', 'chat', () => loses('chat:')],
    ['falls silent in a conversation', 'left_behind', 'chat', () => fallsSilent('chat:')],
    ['tells messages twice', 'back_in_time', 'chat', () => doubles('chat:')],
    ['tells messages out of order', 'back_in_time', 'chat', () => reorders('chat:')],
    [
      'tells other messages',
      'told_otherwise',
      'chat',
      () => falsifies('chat:', withAnotherMessage),
    ],
    [
      'takes messages for nothing',
      'acknowledged_missing',
      'chat',
      () => takesForNothing('chat.send'),
    ],
    ['mixes up answers to messages', 'acknowledged_otherwise', 'chat', () => mixesUpAnswers()],
    ['sends messages twice', 'not_asked', 'chat', () => doesTwice('chat.send', 'clientMessageId')],
  ]

  // Their devices mostly wait, so several runs go on at once.
  test.concurrent.each(LIES)('%s: %s', async (_, rule, scenario, lie) => {
    // Only one in five is lied to: the truth of the others must not cover it.
    const audits = await judged({ scenario }, (nth) => (nth % 5 === 0 ? lie() : honest()))
    for (const audit of audits) {
      expect(rulesIn(audit)).toContain(rule)
      expect(audit.count).toBeGreaterThanOrEqual(audit.violations.length)
    }
  })

  test.each([
    ['loses notifications', 'hole', () => loses('user:', 2)],
    ['notifies nobody any more', 'left_behind', () => fallsSilent('user:')],
    ['notifies twice', 'back_in_time', () => doubles('user:', 2)],
    ['notifies of something else', 'told_otherwise', () => falsifies('user:', withAnotherType, 2)],
  ] as const)('%s: %s', async (_, rule, lie) => {
    // However many bids of a lot are told as one, of so many lots everybody is notified often enough.
    const audits = await judged(manyLots, lie)
    for (const audit of audits) {
      expect(rulesIn(audit)).toContain(rule)
      expect(audit.judged['feeds']).toBe(10)
    }
  })

  const talk = { scenario: 'chat', duration: 2 } as const
  const UNTRUTHS: readonly [
    what: string,
    channels: string,
    rule: Rule,
    run: Partial<Plan> & { readonly scenario: ScenarioName },
    lie: Falsified,
  ][] = [
    ['leaves out the first message', 'chat:', 'hole', talk, withoutTheFirst],
    ['leaves out the last message', 'chat:', 'hole', talk, withoutTheLast],
    ['tells a message twice', 'chat:', 'back_in_time', talk, withTheFirstTwice],
    ['tells messages backwards', 'chat:', 'back_in_time', talk, backwards],
    ['says that no message was missed', 'chat:', 'hole', talk, withNothing],
    ['lets them begin anew', 'chat:', 'hole', talk, asToSomebodyNew],
    ['leaves out a notification', 'user:', 'hole', manyLots, withoutTheFirst],
    ['tells a notification twice', 'user:', 'back_in_time', manyLots, withTheFirstTwice],
    ['tells a state of a lot twice', 'lot:', 'back_in_time', manyLots, withTheFirstTwice],
    ['tells an older state last', 'lot:', 'back_in_time', manyLots, thenAnOlderState],
  ]

  test.concurrent.each(UNTRUTHS)(
    'to those who come back %s (%s): %s',
    async (_, channels, rule, run, lie) => {
      const audits = await judged(run, liesOnReturn(channels, lie, smallPlan(run, '').connections))
      for (const audit of audits) expect(rulesIn(audit)).toContain(rule)
    },
  )

  test.each([
    ['chat:', talk],
    ['user:', manyLots],
    ['lot:', manyLots],
  ] as const)(
    'tells the truth to those who come back (%s) is judged right',
    async (channels, run) => {
      const lie = liesOnReturn(channels, honestly, smallPlan(run, '').connections)
      for (const audit of await judged(run, lie, { patienceMs: 60_000 })) {
        expect(audit.violations).toEqual([])
      }
    },
    180_000,
  )

  test.each([
    ['overlooks who is outbid', 'unnotified', '[]'],
    ['takes a bidder for another one', 'notified_otherwise', '["stranger"]'],
  ] as const)('%s: %s', async (_, rule, outbid) => {
    const restore = await mistakeWhoIsOutbid(server.databaseUrl, outbid)
    try {
      const [byStored, byLists] = await judged(manyLots, honest)
      expect(rulesIn(byStored)).toContain(rule)
      // Feeds and devices agree with each other, and are wrong.
      expect(byLists.violations).toEqual([])
    } finally {
      await restore()
    }
  })

  test.each([
    ['skips states and says so', true],
    ['skips states without a word', false],
  ])('%s', async (_, isMarked) => {
    const hot = { scenario: 'auction', lots: 1, rate: 200 } as const
    const audits = await judged(hot, () => skips('lot:', isMarked))
    // The last state of all may be among the skipped.
    const found = audits.map((audit) => rulesIn(audit).filter((rule) => rule !== 'left_behind'))
    for (const rules of found) expect(new Set(rules)).toEqual(new Set(isMarked ? [] : ['hole']))
  })
})
