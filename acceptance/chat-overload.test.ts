// A conversation whose row somebody holds: whoever writes there is turned away or left in doubt, in plain
// words, and nothing is doubled or lost once it goes on.
import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { waitFor } from '../platform/testing/wait-for.ts'
import type { ChatOutcome, MessagePage } from '../protocol/chat.ts'
import { chatServer } from './testing/chat.ts'

const { arrive, server } = chatServer()

test('overloaded: what is turned away was not decided, and what is in doubt is learnt by the same id', async () => {
  const ann = await arrive('ann')
  const { conversationId } = await ann.open('sam')
  const said: { readonly clientMessageId: string; readonly outcome: ChatOutcome }[] = []
  const asking: Promise<void>[] = []
  const send = async (): Promise<void> => {
    const clientMessageId = randomUUID()
    const outcome = await ann.say(conversationId, 'hello?', { clientMessageId })
    said.push({ clientMessageId, outcome })
  }
  const database = new Client({ connectionString: server().databaseUrl })
  await database.connect()
  try {
    await database.query('BEGIN')
    await database.query('SELECT FROM conversations WHERE conversation_id = $1 FOR UPDATE', [
      conversationId,
    ])
    await waitFor(
      () => {
        asking.push(send())
        return said.some(({ outcome }) => isTurnedAway(outcome))
      },
      { timeoutMs: 20_000, what: 'a message that is turned away' },
    )
    await database.query('ROLLBACK')
  } finally {
    await database.end()
  }
  await Promise.all(asking)
  const turnedAway = said.find(({ outcome }) => isTurnedAway(outcome))?.outcome
  expect(turnedAway).toMatchObject({ retryable: true, retryAfterMs: expect.any(Number) as number })

  // Asked again under its id, everything is there once, whatever came of it before.
  for (const each of said) {
    const { clientMessageId } = each
    await waitFor(async () => {
      const again = await ann.say(conversationId, 'hello?', { clientMessageId })
      return again.outcome === 'accepted'
    })
  }
  const { items } = await ann.rpc<MessagePage>('chat.history', { conversationId, limit: 300 })
  expect(items.map((message) => message.clientMessageId).toSorted()).toEqual(
    said.map(({ clientMessageId }) => clientMessageId).toSorted(),
  )
})

function isTurnedAway(outcome: ChatOutcome): boolean {
  return outcome.outcome === 'refused' && outcome.code === 'overloaded'
}
