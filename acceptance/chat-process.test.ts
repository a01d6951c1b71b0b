// Chat under a process that is killed, and with two stores on one database.
import { randomUUID } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createChatStore } from '../chat-store/main.ts'
import { tokensFrom } from '../loadtest/tokens.ts'
import { ConnectionLost, connectWire, type WireClient } from '../loadtest/wire-client.ts'
import { createInProcessBus } from '../platform/bus/in-process-bus.ts'
import { uuidv7 } from '../platform/ids.ts'
import { type Running, runParts } from '../platform/lifecycle.ts'
import { createLogger } from '../platform/log.ts'
import { createMetrics } from '../platform/metrics.ts'
import { createPool } from '../platform/postgres/pool.ts'
import { systemClock } from '../platform/system-clock.ts'
import { throwawayDatabase } from '../platform/testing/throwaway-database.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import { chatChannel } from '../protocol/channels.ts'
import type { ChatAccepted, ChatOutcome, ConversationView } from '../protocol/chat.ts'
import type { ChatEvents, ConversationCommand } from '../protocol/chat-store.ts'
import { chatCommandsSubject, chatEventsSubject } from '../protocol/subjects.ts'
import { unhurried, upTo } from './testing/chat.ts'
import { endProcesses, startProcess } from './testing/process.ts'

interface Message {
  readonly conversationId: string
  readonly clientMessageId: string
  readonly text: string
}

async function arrive(url: string, user: string): Promise<WireClient> {
  const token = await tokensFrom(`${url}/v1/dev/token`)(user)
  return connectWire({ url: `${url.replace('http', 'ws')}/connection/websocket`, token })
}

/** Every offset of the conversation's stream with its message's id, page by page. */
async function stream(client: WireClient, conversationId: string) {
  const read: { readonly offset: number; readonly id: string }[] = []
  for (;;) {
    const { publications } = await client.request('history', {
      channel: chatChannel(conversationId),
      limit: 300,
      since: { offset: read.at(-1)?.offset ?? 0 },
    })
    if (publications.length === 0) return read
    for (const { offset = 0, data } of publications) {
      const { message } = data as { readonly message?: { readonly clientMessageId: string } }
      read.push({ offset, id: message?.clientMessageId ?? '' })
    }
  }
}

describe('the all-in-one process', { timeout: 120_000 }, () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outcry-chat-'))
    // PostgreSQL runs as another user where the tests run as root, and must get through.
    await chmod(folder, 0o755)
  })
  afterEach(async () => {
    await endProcesses()
    await rm(folder, { recursive: true, force: true })
  })

  const start = () => startProcess({ OUTCRY_DATA: join(folder, 'data'), ...unhurried })

  test('I1, I19: whatever was acknowledged before kill -9 is there after it, once', async () => {
    const first = start()
    const url = await first.ready()
    const acknowledged: { readonly message: Message; readonly outcome: ChatAccepted }[] = []
    const unanswered: Message[] = []
    const opening = await arrive(url, 'ann')
    const conversations = await Promise.all(
      upTo(3).map(async (nth) => {
        const open = { listingId: `lamp-${nth}`, peerId: 'sam' }
        return ((await opening.rpc('chat.open', open)) as ConversationView).conversationId
      }),
    )

    // Four devices speak as fast as they are answered, in turn everywhere, until the process is gone.
    async function speakUntilTheEnd(device: number): Promise<void> {
      const client = await arrive(url, 'ann')
      for (let nth = 0; ; nth += 1) {
        const conversationId = conversations[(device + nth) % conversations.length] ?? ''
        const message = { conversationId, clientMessageId: randomUUID(), text: `${device} ${nth}` }
        try {
          const outcome = (await client.rpc('chat.send', message)) as ChatOutcome
          if (outcome.outcome === 'accepted') acknowledged.push({ message, outcome })
        } catch (error) {
          if (!(error instanceof ConnectionLost)) throw error
          unanswered.push(message)
          return
        }
      }
    }
    const speaking = upTo(4).map((device) => speakUntilTheEnd(device))
    await waitFor(() => acknowledged.length >= 300, { timeoutMs: 60_000 })
    first.child.kill('SIGKILL')
    expect(await first.ended).toBe('SIGKILL')
    await Promise.all(speaking)

    const second = start()
    const ann = await arrive(await second.ready(), 'ann')
    // A message whose answer was lost is sent again under its id, and has one outcome from then on.
    for (const message of unanswered) {
      const outcome = (await ann.rpc('chat.send', message)) as ChatAccepted
      const { seq, messageId } = outcome
      expect(await ann.rpc('chat.send', message)).toMatchObject({ seq, messageId, replayed: true })
      acknowledged.push({ message, outcome })
    }
    await Promise.all(
      acknowledged.map(async ({ message, outcome }) => {
        const { seq, messageId, at } = outcome
        const first = { outcome: 'accepted', seq, messageId, at, replayed: true }
        expect(await ann.rpc('chat.send', message)).toMatchObject(first)
      }),
    )
    for (const conversationId of conversations) {
      const told = await stream(ann, conversationId)
      expect(told.map(({ offset }) => offset)).toEqual(upTo(told.length))
      const here = acknowledged.filter(({ message }) => message.conversationId === conversationId)
      // Everything once, at the place it was told of, and nothing that nobody said.
      expect(told.map(({ id }) => id).toSorted()).toEqual(
        here.map(({ message }) => message.clientMessageId).toSorted(),
      )
      for (const { message, outcome } of here) {
        expect(told[(outcome.seq ?? 0) - 1]?.id).toBe(message.clientMessageId)
      }
    }
    await ann.close()
    second.child.kill('SIGTERM')
    expect(await second.ended).toBe(0)
  })
})

test('I19: two stores on one database number every conversation without a gap and without a double', async () => {
  const database = await throwawayDatabase()
  const log = createLogger({ name: 'test', level: 'silent' })
  const pools = upTo(2).map(() =>
    createPool(database.url, { log, applicationName: 'test', max: 8 }),
  )
  const bus = createInProcessBus({ copy: true })
  const stores: Running[] = pools.map((pool) => {
    const metrics = createMetrics({ role: 'test', ofProcess: false })
    return runParts(createChatStore({ pool, bus, clock: systemClock, log, metrics }), { log })
  })
  await Promise.all(stores.map(({ ready }) => ready))
  try {
    const ask = async (command: ConversationCommand): Promise<ChatOutcome> =>
      (await bus.request(chatCommandsSubject, command, 20_000)) as ChatOutcome
    const actor = { userId: 'ann', roles: [] }
    const conversations = upTo(3).map(() => randomUUID())
    const heard = new Map<string, number[]>()
    for (const conversationId of conversations) {
      const subject = { type: 'listing', id: conversationId } as const
      const terms = { kind: 'direct', subject, buyerId: 'ann', sellerId: 'sam' } as const
      await ask({ type: 'open_conversation', conversationId, actor, terms })
      const seqs: number[] = []
      heard.set(conversationId, seqs)
      await bus.listen(chatEventsSubject(conversationId), (said) => {
        const events =
          'events' in (said as ChatEvents) ? (said as { events: { seq: number }[] }).events : []
        seqs.push(...events.map(({ seq }) => seq))
      })
    }
    const perConversation = 150
    const outcomes = await Promise.all(
      conversations.flatMap((conversationId) =>
        upTo(perConversation).map((nth) =>
          ask({
            type: 'send_message',
            conversationId,
            actor,
            messageId: uuidv7(),
            clientMessageId: randomUUID(),
            content: { kind: 'text', text: `word ${nth}` },
          }),
        ),
      ),
    )
    const accepted = outcomes.filter(({ outcome }) => outcome === 'accepted') as ChatAccepted[]
    // A store that loses too many races may turn somebody away; it never numbers anything twice.
    expect(accepted.length).toBeGreaterThan(outcomes.length / 2)
    for (const conversationId of conversations) {
      const seqs = accepted
        .filter((outcome) => outcome.conversationId === conversationId)
        .map(({ seq = 0 }) => seq)
        .toSorted((one, other) => one - other)
      expect(seqs).toEqual(upTo(seqs.length))
      await waitFor(() => new Set(heard.get(conversationId)).size === seqs.length)
    }
  } finally {
    await Promise.all(stores.map((store) => store.drainAndStop()))
    await Promise.all(pools.map((pool) => pool.end()))
    await database.drop()
  }
})
