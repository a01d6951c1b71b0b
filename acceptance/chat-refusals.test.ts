// What chat refuses, through the public client: what the asker is told, and that it leaves no trace.
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { accepted, chatServer, unhurried } from './testing/chat.ts'
import { REFUSED, type Scene, setScene } from './testing/refused.ts'

const { LIMIT_MESSAGES_PER_USER: _limited, ...others } = unhurried
const { arrive, server } = chatServer(() => others)

const scene = (): Promise<Scene> => setScene(server(), arrive)

describe('refused', () => {
  test.each(REFUSED)('$code: $what', async ({ code, ask, fields }) => {
    expect(await ask(await scene())).toMatchObject({ outcome: 'refused', code, ...fields })
  })
})

describe('taken', () => {
  test.each([
    ['4,000 characters', 'x'.repeat(4_000)],
    ['4,000 emoji', '🪔'.repeat(4_000)],
    ['4,000 characters once they are put together', 'e\u0301'.repeat(4_000)],
    ['lines', 'one\ntwo\r\nthree'],
    ['right-to-left text and flags', 'שלום 🇧🇷'],
  ])('%s', async (_what, text) => {
    const { send, conversationId, ann } = await scene()
    accepted(await send({ text }))
    const { items } = await ann.rpc<{ items: { text: string }[] }>('chat.history', {
      conversationId,
    })
    expect(items[0]?.text).toBe(text.replaceAll('\r\n', '\n').normalize('NFC'))
  })
})

test('what is refused takes no seq and is told nobody', async () => {
  const { sam, send, conversationId } = await scene()
  const { events } = await sam.join(conversationId)
  const first = accepted(await send({ text: 'one' }))
  for (const text of ['', 'x'.repeat(4_001), '\ud800']) await send({ text })
  const second = accepted(await send({ text: 'two' }))
  expect([first.seq, second.seq]).toEqual([1, 2])
  expect(events.every(({ data }) => data.message?.text !== '')).toBe(true)
})

test('the same refusals over HTTP are outcomes too, and limits and strangers problem documents', async () => {
  const { ann, conversationId } = await scene()
  const token = await server().token(ann.user)
  const post = (path: string, body: object) =>
    fetch(`${server().url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    })
  const messages = `/v1/conversations/${conversationId}/messages`
  const empty = await post(messages, { clientMessageId: randomUUID(), text: '' })
  expect(empty.status).toBe(200)
  expect(await empty.json()).toMatchObject({ outcome: 'refused', code: 'text_empty' })
  const nowhere = `/v1/conversations/${randomUUID()}/messages`
  const stranger = await post(nowhere, { clientMessageId: randomUUID(), text: 'a' })
  expect(stranger.status).toBe(404)
  expect(stranger.headers.get('content-type')).toContain('application/problem+json')
  expect(await stranger.json()).toMatchObject({ code: 'not_member', status: 404 })
})
