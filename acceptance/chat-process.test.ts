// Chat in a process that is killed while people write.
import { randomUUID } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eachOf } from '../loadtest/each-of.ts'
import { tokensFrom } from '../loadtest/tokens.ts'
import { ConnectionLost, connectWire, type WireClient } from '../loadtest/wire-client.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import { chatChannel } from '../protocol/channels.ts'
import type { ChatAccepted, ChatOutcome, ConversationView } from '../protocol/chat.ts'
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
    // No more at once than a gateway lets wait for their turn in one conversation.
    await eachOf(acknowledged, 50, async ({ message, outcome }) => {
      const { seq, messageId, at } = outcome
      const again = { outcome: 'accepted', seq, messageId, at, replayed: true }
      expect(await ann.rpc('chat.send', message)).toMatchObject(again)
    })
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
