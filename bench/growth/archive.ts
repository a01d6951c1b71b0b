// Messages said to a chat store, and read back, where few are stored and where many are.
import { createChatStore } from '../../chat-store/main.ts'
import { createHttpClient } from '../../loadtest/http-client.ts'
import { startOwnServer } from '../../loadtest/own-server.ts'
import { tokensOf } from '../../loadtest/tokens.ts'
import type { Bus } from '../../platform/bus/bus.ts'
import { createInProcessBus } from '../../platform/bus/in-process-bus.ts'
import { uuidv7 } from '../../platform/ids.ts'
import { runParts } from '../../platform/lifecycle.ts'
import { NO_LIMITS } from '../../platform/limits/no-limits.ts'
import { createMetrics } from '../../platform/metrics.ts'
import type { Pool } from '../../platform/postgres/pool.ts'
import { systemClock as clock } from '../../platform/system-clock.ts'
import type { ChatOutcome } from '../../protocol/chat.ts'
import type { ConversationCommand } from '../../protocol/chat-store.ts'
import { chatCommandsSubject } from '../../protocol/subjects.ts'
import { auditTable } from '../chat/ways.ts'
import { closedLoop } from '../closed-loop.ts'
import { log, ordinaryText, tokenSecret } from '../givens.ts'
import type { Keep } from '../keeping.ts'
import { microsEach, spentWhile } from '../processor-time.ts'
import { openPool, type ThrowawayPostgres } from '../throwaway-postgres.ts'
import { type Cost, costOf } from './spent.ts'
import { messagesEach, someRooms, storeMessages } from './stored-messages.ts'

export interface ArchiveOptions {
  readonly messages: number
  readonly talkers: number
}

const rooms = 64
const readers = 4
const pageLimit = 50
const warmUpMs = 300
const answerMs = 60_000

export class Archive {
  readonly #postgresPid: number
  readonly #pool: Pool
  readonly #bus: Bus
  readonly #roomIds: readonly string[]
  readonly #talkers: number
  readonly #server: { readonly url: string; readonly pid: number }
  #said = 0

  private constructor(
    postgresPid: number,
    pool: Pool,
    bus: Bus,
    roomIds: readonly string[],
    talkers: number,
    server: { readonly url: string; readonly pid: number },
  ) {
    this.#postgresPid = postgresPid
    this.#pool = pool
    this.#bus = bus
    this.#roomIds = roomIds
    this.#talkers = talkers
    this.#server = server
  }

  /** A chat store in this process to talk to, and a whole server to read from, on a database of their own. */
  static async open(
    keep: Keep,
    postgres: ThrowawayPostgres,
    { messages, talkers }: ArchiveOptions,
  ): Promise<Archive> {
    const databaseUrl = await postgres.addDatabase(`messages_${messages}`)
    const pool = await openPool(keep, databaseUrl, 10)
    await storeMessages(pool, messages)
    const roomIds = await someRooms(pool, messages, rooms)
    const bus = createInProcessBus()
    const metrics = createMetrics({ role: 'bench', ofProcess: false })
    const running = runParts(createChatStore({ pool, bus, clock, log, metrics }), { log })
    await keep(running, (parts) => parts.drainAndStop())
    await running.ready
    const settings = { ...NO_LIMITS, DATABASE_URL: databaseUrl, JWT_SECRET: tokenSecret }
    const server = await keep(startOwnServer(settings), (own) => own.stop())
    return new Archive(postgres.pid, pool, bus, roomIds, talkers, server)
  }

  /** @throws where a message is not taken */
  say(measureMs: number): Promise<Cost> {
    return costOf(this.#postgresPid, async () => {
      const { sent } = await closedLoop({
        senders: this.#talkers,
        warmUpMs,
        measureMs,
        send: (talker) => this.#say(talker),
      })
      return sent
    })
  }

  /** Pages of rooms, one after the other. @throws where one is not full, or not of the newest messages */
  async read(measureMs: number): Promise<Cost> {
    const token = await tokensOf({ tokenUrl: this.#server.url, secret: tokenSecret })('reader')
    const http = createHttpClient(this.#server.url, token)
    const pids = { server: this.#server.pid, postgres: this.#postgresPid }
    let pages = 0
    const [, { ms }] = await spentWhile(pids, () =>
      closedLoop({
        senders: readers,
        warmUpMs,
        measureMs,
        send: async () => {
          pages += 1
          const roomId = this.#roomIds[pages % this.#roomIds.length]
          const path = `/v1/conversations/${roomId}/messages?limit=${pageLimit}`
          const { items } = await http.call('GET', path)
          const count = (items as readonly unknown[]).length
          if (count !== pageLimit) throw new Error(`a page has ${count} messages`)
        },
      }),
    )
    return { 'own µs': microsEach(ms.server, pages), 'postgres µs': microsEach(ms.postgres, pages) }
  }

  /** @throws where other messages are stored than were answered */
  async audit(): Promise<void> {
    const { stored, isWhole } = await auditTable(this.#pool, 'messages', this.#roomIds)
    const expected = this.#said + this.#roomIds.length * messagesEach
    if (isWhole && stored === expected) return
    throw new Error(`${expected} messages should be in the rooms, ${stored} are stored`)
  }

  async #say(talker: number): Promise<void> {
    const command: ConversationCommand = {
      type: 'send_message',
      conversationId: this.#roomIds[talker % this.#roomIds.length] ?? '',
      actor: { userId: `talker-${talker}`, roles: [] },
      messageId: uuidv7(),
      clientMessageId: uuidv7(),
      content: { kind: 'text', text: ordinaryText },
    }
    for (;;) {
      const asked = this.#bus.request(chatCommandsSubject, command, answerMs)
      const reply = (await asked) as ChatOutcome
      if (reply.outcome === 'accepted') break
      if (reply.code !== 'overloaded') throw new Error(`a message was not taken: ${reply.code}`)
    }
    this.#said += 1
  }
}
