// `npm run bench -- push`: how long after it was said a message is with the push service, at a steady rate of
// messages to people who are away. Chat store, notifier and what stands in for FCM share one process, on a
// throw-away PostgreSQL.
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { createChatStore } from '../chat-store/main.ts'
import { createNotifier } from '../notifier/main.ts'
import type { Bus } from '../platform/bus/bus.ts'
import { createInProcessBus } from '../platform/bus/in-process-bus.ts'
import { createMemoryConnectionCounts } from '../platform/connections/memory-connection-counts.ts'
import { createFcmStandIn } from '../platform/fcm/fcm-stand-in.ts'
import { uuidv7 } from '../platform/ids.ts'
import { runParts } from '../platform/lifecycle.ts'
import { createMemoryLimits } from '../platform/limits/memory-limits.ts'
import { createMetrics } from '../platform/metrics.ts'
import type { Pool } from '../platform/postgres/pool.ts'
import { systemClock as clock } from '../platform/system-clock.ts'
import type { ConversationCommand } from '../protocol/chat-store.ts'
import type { FeedCommand } from '../protocol/feed-commands.ts'
import { chatCommandsSubject, feedCommandsSubject } from '../protocol/subjects.ts'
import { quantile } from './closed-loop.ts'
import { log, ordinaryText } from './givens.ts'
import { keeping } from './keeping.ts'
import { openPool, throwawayPostgres } from './throwaway-postgres.ts'

export interface PushBenchOptions {
  readonly rate: number
  readonly seconds: number
}

/** Below the number from which an hour's pushes to one device are summed up. */
const messagesEach = 16
const patienceMs = 60_000
/** Goes by before anything is counted: connections, prepared statements, warm code. */
const warmUpS = 3
const tickMs = 10
/** As the product has them, but that nobody is turned away. */
const limits = { lanes: 4, batchCommandsMax: 256, inboxWaitMsMax: patienceMs }

const say = (line: string): boolean => process.stdout.write(`${line}\n`)

interface Line {
  readonly reader: string
  readonly conversationId: string
}

export function benchPush({ rate, seconds }: PushBenchOptions): Promise<void> {
  return keeping(async (keep) => {
    say('Starting a throw-away PostgreSQL, a chat store, a notifier, and what stands in for FCM.')
    const { url } = await throwawayPostgres(keep)
    const pool = await openPool(keep, url, 20)
    const tookMs: number[] = []
    const keys = new Set<string>()
    const fcm = createFcmStandIn({
      onTaken({ data = {} }) {
        keys.add(data['key'] ?? '')
        tookMs.push(clock.nowMs() - Number(data['at']))
      },
    })
    await keep(fcm.start(), () => fcm.stop())
    const bus = createInProcessBus()
    const running = runParts(partsOf(pool, bus, fcm.endpoint), { log })
    await keep(running, (parts) => parts.drainAndStop())
    await running.ready
    const messages = rate * seconds
    const warmUp = rate * warmUpS
    const lines = await linesFor(bus, Math.ceil((warmUp + messages) / messagesEach))
    say(`${rate} messages a second for ${seconds} s, to ${lines.length} people with a phone each.`)
    await speak(bus, lines, warmUp, rate)
    await allTaken(keys, warmUp)
    tookMs.length = 0
    const saidAtMs = performance.now()
    const cpuBefore = process.cpuUsage()
    await speak(bus, lines, messages, rate)
    const spokenS = (performance.now() - saidAtMs) / 1_000
    await allTaken(keys, warmUp + messages)
    const cpu = process.cpuUsage(cpuBefore)
    const cpuMsEach = (cpu.user + cpu.system) / 1_000 / messages
    tookMs.sort((one, other) => one - other)
    const at = (share: number) => `${quantile(tookMs, share).toFixed(0)} ms`
    say(`${messages} pushes, none missing, ${tookMs.length - messages} of them twice.`)
    say(`Said at ${(messages / spokenS).toFixed(0)} a second.`)
    say(`From the message until FCM has it: median ${at(0.5)}, p99 ${at(0.99)}, most ${at(1)}.`)
    say(`${cpuMsEach.toFixed(2)} ms of CPU in this process each, from saying it to FCM's answer.`)
    say(`${availableParallelism()} cores for everything together, Node ${process.versions.node}.`)
  })
}

function partsOf(pool: Pool, bus: Bus, endpoint: string) {
  const metrics = createMetrics({ role: 'bench', ofProcess: false })
  const shared = { pool, bus, clock, log, metrics }
  return [
    ...createChatStore({ ...shared, limits }),
    ...createNotifier({
      ...shared,
      connectionCounts: createMemoryConnectionCounts(),
      pushTarget: { type: 'stand_in', endpoint },
      limits: createMemoryLimits({ pushes: 'off' }),
    }),
  ]
}

async function ask(bus: Bus, subject: string, command: ConversationCommand | FeedCommand) {
  const outcome = (await bus.request(subject, command, patienceMs)) as { readonly outcome: string }
  if (outcome.outcome !== 'accepted') throw new Error(`refused: ${JSON.stringify(outcome)}`)
}

const actorOf = (userId: string) => ({ userId, roles: [] })

/** So many people who have a phone and a conversation, and are away. */
async function linesFor(bus: Bus, count: number): Promise<readonly Line[]> {
  const lines = Array.from({ length: count }, (_, n) => ({
    reader: `reader-${n}`,
    conversationId: uuidv7(),
  }))
  for (const { reader, conversationId } of lines) {
    await ask(bus, chatCommandsSubject, {
      type: 'open_conversation',
      conversationId,
      actor: actorOf('writer'),
      terms: {
        kind: 'direct',
        subject: { type: 'listing', id: uuidv7() },
        buyerId: 'writer',
        sellerId: reader,
      },
    })
    await ask(bus, feedCommandsSubject, {
      type: 'register_device',
      actor: actorOf(reader),
      device: {
        deviceId: 'phone',
        platform: 'android',
        token: `token-${reader}`,
        tokenKind: 'token',
        locale: 'en',
        timeZone: 'Europe/Berlin',
      },
    })
  }
  return lines
}

/** At an even pace, whatever becomes of them. @throws where one is not taken */
async function speak(bus: Bus, lines: readonly Line[], messages: number, rate: number) {
  const beganAtMs = performance.now()
  const answers: Promise<void>[] = []
  while (answers.length < messages) {
    const due = Math.min(messages, ((performance.now() - beganAtMs) / 1_000) * rate)
    while (answers.length < due) {
      const line = lines[answers.length % lines.length]
      if (line === undefined) throw new RangeError('nobody to speak to')
      answers.push(ask(bus, chatCommandsSubject, saying(line)))
    }
    await sleep(tickMs)
  }
  await Promise.all(answers)
}

function saying({ conversationId }: Line): ConversationCommand {
  return {
    type: 'send_message',
    conversationId,
    actor: { userId: 'writer', roles: [] },
    messageId: uuidv7(),
    clientMessageId: uuidv7(),
    content: { kind: 'text', text: ordinaryText },
  }
}

async function allTaken(keys: ReadonlySet<string>, messages: number): Promise<void> {
  const untilMs = performance.now() + patienceMs
  while (keys.size < messages) {
    if (performance.now() > untilMs) {
      throw new Error(`${messages - keys.size} of ${messages} pushes are missing`)
    }
    await sleep(tickMs)
  }
}
