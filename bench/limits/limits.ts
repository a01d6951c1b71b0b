// `npm run bench -- limits`: what the limits on bids cost the process that asks for them, and how rarely it has to
// ask Redis, which counts for all processes.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../platform/clock.ts'
import { createMemoryLimits } from '../../platform/limits/memory-limits.ts'
import { createRedisLimits } from '../../platform/limits/redis-limits.ts'
import { createRedis, type RedisConnection } from '../../platform/redis/connection.ts'
import { RedisServer } from '../../platform/servers/redis-server.ts'
import { systemClock } from '../../platform/system-clock.ts'
import { log } from '../givens.ts'
import { type Keep, keeping } from '../keeping.ts'
import { figure } from '../report.ts'
import type { BenchOptions, GoalVerdict, Section } from '../section.ts'
import { type Figures, type Turn, takeTurns } from '../turns.ts'
import { atMost } from '../verdict.ts'
import { type BidLimits, Gate, mostOf, NOT_LIMITED, usualLimits } from './gate.ts'
import { type Command, pausesOfPeople, stormOf } from './storm.ts'

export interface LimitsScale {
  readonly commandsPerSecond: number
  /** How long a storm blows at least: windows of a second begin and end in it. */
  readonly secondsMin: number
  /** Passed in one go, to see what one command costs. */
  readonly commandsInOneGo: number
}

type LimitsFigures = Figures<'ns' | 'asked %' | 'refused %'>

interface Storm {
  readonly title: string
  readonly commands: readonly Command[]
}

const microsMax = 1
const askedPercentMax = 1
const lots = 20
const hurry = 10
const programs = 1 / 1_000
const tickMs = 2

const fullScale: LimitsScale = {
  commandsPerSecond: 5_000,
  secondsMin: 3,
  commandsInOneGo: 300_000,
}

export function benchLimits(
  options: BenchOptions,
  scale: LimitsScale = fullScale,
): Promise<Section> {
  return keeping(async (keep) => {
    const limits = await usualLimits()
    const redis = await connect(keep)
    const seconds = Math.max(options.seconds, scale.secondsMin)
    const storms = await stormsOf(seconds, scale)
    const [, hurried] = storms
    if (hurried === undefined) throw new Error('there is no storm')
    const inOneGo = [
      { name: 'nobody is limited', limits: NOT_LIMITED },
      { name: 'counted in the process', limits },
    ].map(({ name, limits: table }) => ({
      name,
      measure: async () => passInOneGo(hurried.commands, table, scale.commandsInOneGo),
    }))
    const throughRedis = storms.map(({ title, commands }) => ({
      name: title,
      measure: () => passInTime(commands, limits, redis),
    }))
    const turns: Turn<keyof LimitsFigures>[] = [...inOneGo, ...throughRedis]
    const found = await takeTurns(turns, options)
    return reportOf(seconds, storms, found)
  })
}

async function connect(keep: Keep): Promise<RedisConnection> {
  const server = await keep(RedisServer.start(), (started) => started.stop())
  const redis = createRedis({ url: server.url, log })
  await keep(redis.start(), () => redis.stop())
  return redis
}

async function stormsOf(seconds: number, scale: LimitsScale): Promise<readonly Storm[]> {
  const pauses = await pausesOfPeople()
  const common = { seconds, lots, commandsPerSecond: scale.commandsPerSecond }
  return [
    {
      title: 'people as fast as they were',
      commands: stormOf(pauses, { ...common, hurry: 1, programs: 0 }),
    },
    {
      title: `people ${hurry} times as fast`,
      commands: stormOf(pauses, { ...common, hurry, programs: 0 }),
    },
    {
      title: `the same, and one bidder in ${figure(1 / programs)} a program`,
      commands: stormOf(pauses, { ...common, hurry, programs }),
    },
  ]
}

/**
 * As fast as it goes, at the moments that the storm tells, one storm after the other.
 * @throws where somebody is refused who bids more slowly than anybody may
 */
function passInOneGo(commands: readonly Command[], table: BidLimits, count: number): LimitsFigures {
  let nowMs = 0
  const clock: Clock = { ...systemClock, nowMs: () => nowMs }
  const gate = new Gate(createMemoryLimits(table, clock))
  const stormMs = (commands.at(-1)?.atMs ?? 0) + 1_000
  const before = process.cpuUsage()
  for (let passed = 0, beganMs = 0; passed < count; beganMs += stormMs) {
    for (const command of commands) {
      nowMs = beganMs + command.atMs
      gate.take(command)
    }
    passed += commands.length
  }
  const { user, system } = process.cpuUsage(before)
  if (gate.passed !== gate.commands) throw new Error('somebody was refused without a reason')
  return { ns: ((user + system) * 1_000) / gate.commands, 'asked %': 0, 'refused %': 0 }
}

/** @throws where a person was refused, or a program let through more often than it may */
async function passInTime(
  commands: readonly Command[],
  table: BidLimits,
  redis: RedisConnection,
): Promise<LimitsFigures> {
  const gate = new Gate(createRedisLimits(table, redis, { clock: systemClock }))
  const beganMs = performance.now()
  let takingUs = 0
  for (let next = 0; next < commands.length; ) {
    await sleep(tickMs)
    const before = process.cpuUsage()
    const untilMs = performance.now() - beganMs
    for (let due = commands[next]; due !== undefined && due.atMs <= untilMs; due = commands[next]) {
      gate.take(due)
      next += 1
    }
    const { user, system } = process.cpuUsage(before)
    takingUs += user + system
  }
  await gate.settle()
  if (!redis.ready()) throw new Error('Redis went away')
  if (gate.commands !== commands.length) throw new Error('a command has no verdict, or two')
  if (gate.refusedPeople > 0) throw new Error('a person was refused who bid slowly enough')
  const most = mostOf(table.bidsPerUser, performance.now() - beganMs)
  if (Math.max(0, ...gate.passedOfProgram.values()) > most) {
    throw new Error('a program was let through more often than it may')
  }
  return {
    ns: (takingUs * 1_000) / gate.commands,
    'asked %': (100 * gate.asked) / gate.commands,
    'refused %': (100 * gate.refusedPrograms) / gate.commands,
  }
}

function reportOf(
  seconds: number,
  storms: readonly Storm[],
  found: readonly LimitsFigures[],
): Section {
  const [free, counted, ...throughRedis] = found
  if (free === undefined || counted === undefined) throw new Error('no turn')
  const costNs = counted.ns - free.ns
  return {
    name: 'limits',
    title: 'Limits',
    says: 'What the two limits on bids, of one user on one lot and over all lots, cost the process that asks for them, and how many bids have to wait for an answer of Redis, which counts for all processes of a fleet. A process gives some of each limit without asking; who goes beyond that is asked about.',
    conditions: [
      `The limits that an operator has who changes nothing. ${lots} lots, and people who wait between two bids on a lot as the bidders of 343 real auctions did (of their pauses up to five minutes), as long as they did or ${hurry} times shorter.`,
      'A program bids ten times a second, which is twice as often as it may.',
      `The cost of one command is the processor time of passing many at the moments that the storm tells, less that of passing them where nothing is limited. Through Redis, the storm blows for ${figure(seconds)} s in real time against a real server, asked by one process, and the cost is the processor time until a bid passes or waits.`,
      'Nobody may be refused who bids slowly enough, and no program let through more often than it may.',
    ],
    tables: [
      {
        title: 'In one process',
        head: ['', 'ns a bid'],
        rows: [
          ['nobody is limited', figure(free.ns)],
          ['counted in the process', figure(counted.ns)],
          ['what the limits cost', figure(costNs)],
        ],
      },
      {
        title: 'Through Redis',
        head: ['', 'bids', 'that ask Redis', 'refused', 'ns a bid'],
        rows: storms.map(({ title, commands }, nth) => [
          title,
          figure(commands.length),
          `${figure(throughRedis[nth]?.['asked %'] ?? 0)} %`,
          `${figure(throughRedis[nth]?.['refused %'] ?? 0)} %`,
          figure(throughRedis[nth]?.ns ?? 0),
        ]),
      },
    ],
    goals: goalsOf(free, counted, storms, throughRedis),
  }
}

function goalsOf(
  free: LimitsFigures,
  counted: LimitsFigures,
  storms: readonly Storm[],
  throughRedis: readonly LimitsFigures[],
): readonly GoalVerdict[] {
  return [
    atMost(microsMax, {
      goal: 'P15',
      says: 'both limits on a bid, in the process',
      measured: (counted.ns - free.ns) / 1_000,
      unit: ' µs',
      boundBy: `a bid takes ${figure(counted.ns)} ns where it is counted, and ${figure(free.ns)} ns where nobody is limited`,
    }),
    ...storms.map(({ title }, nth) =>
      atMost(askedPercentMax, {
        goal: 'P15',
        says: `bids that ask Redis, ${title}`,
        measured: throughRedis[nth]?.['asked %'] ?? 0,
        unit: ' %',
        boundBy:
          'a process gives a quarter of a window’s bids, and of the burst, by itself, and asks Redis for those beyond',
      }),
    ),
  ]
}
