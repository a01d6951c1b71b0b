// Whatever is asked of chat, nobody's process and nobody else's conversation suffers from it.
import { randomUUID } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Role } from '../protocol/identity.ts'
import type { MethodEntry } from '../protocol/method-table.ts'
import { METHODS, type MethodName } from '../protocol/methods.ts'
import { accepted, chatServer, offerOf50, someone, unhurried } from './testing/chat.ts'

const { arrive, server } = chatServer(() => ({
  ...unhurried,
  LIMIT_CONNECTIONS_PER_USER: 'off',
}))

/** Numbers beyond everything, texts that no table holds, names that mean something to JavaScript. */
const nasty: readonly unknown[] = [
  null,
  true,
  -1,
  0.5,
  2 ** 53,
  1e300,
  '',
  'constructor',
  '__proto__',
  '\0',
  '\ud800',
  'x'.repeat(50_000),
  "'; DROP TABLE messages; --",
  '%_\\',
  '00000000-0000-0000-0000-000000000000',
  [],
  [[]],
  Array.from({ length: 1_000 }, () => '👍'),
  {},
  { toString: 1 },
  JSON.parse('{"__proto__":{"polluted":true}}'),
]

const methods = (Object.keys(METHODS) as MethodName[]).filter((name) =>
  /^(?:chat|attachment|moderation|user)[.]/.test(name),
)

interface Ids {
  readonly conversationId: string
  readonly messageId: string
}

/** What each field would sensibly be. */
const sensible = ({ conversationId, messageId }: Ids): Readonly<Record<string, unknown>> => ({
  conversationId,
  messageId,
  clientMessageId: randomUUID(),
  listingId: 'lamp-7',
  peerId: 'sam',
  userId: 'nobody',
  text: 'hello',
  kind: 'text',
  emoji: ['👍'],
  upToSeq: 1,
  before: 5,
  limit: 10,
  query: 'hello',
  action: 'make',
  offerId: messageId,
  ...offerOf50(),
  pinned: true,
  draft: 'I would say',
  until: Date.now() + 1_000,
  slowModeMs: 1_000,
  reason: 'spam',
  caseId: messageId,
  decision: 'dismiss',
  held: false,
  hideReadMarks: false,
  fileName: 'a.png',
  contentType: 'image/png',
  bytes: 10,
  attachmentId: messageId,
  rules: [],
})

const asking = fc.record({
  method: fc.constantFrom(...methods),
  fields: fc.array(fc.nat(40), { maxLength: 3 }),
  values: fc.array(fc.constantFrom(...nasty), { minLength: 3, maxLength: 3 }),
  roles: fc.constantFrom<readonly Role[]>([], ['moderator'], ['service']),
})

test('I16: no parameters of any method of chat are an internal fault', async () => {
  const [ann, sam] = [await arrive(someone('ann')), await arrive(someone('sam'))]
  const { conversationId } = await ann.open(sam.user)
  const { messageId = '' } = accepted(await ann.say(conversationId, 'hello'))
  await fc.assert(
    fc.asyncProperty(asking, async ({ method, fields, values, roles }) => {
      const { shape } = METHODS[method].params
      const base = sensible({ conversationId, messageId })
      const names = Object.keys(shape)
      const params = Object.fromEntries(
        names.filter((name) => name in base).map((name) => [name, base[name]]),
      )
      for (const [at, field] of fields.entries()) {
        const name = names[field % Math.max(1, names.length)]
        if (name !== undefined) params[name] = values[at]
      }
      const token = await server().token(ann.user, { roles })
      const { method: verb = 'GET', path: template = '' } =
        (METHODS[method] as MethodEntry).http ?? {}
      const path = template.replaceAll(/\{(\w+)\}/g, (_: string, key: string) =>
        encodeURIComponent(textOf(params[key])),
      )
      const isRead = verb === 'GET'
      const search = isRead ? `?${new URLSearchParams(textsOf(params)).toString()}` : ''
      const response = await fetch(`${server().url}${path}${search}`, {
        method: verb,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        ...(isRead ? {} : { body: JSON.stringify(params) }),
        signal: AbortSignal.timeout(10_000),
      })
      const answer = await response.text()
      expect([method, response.status, answer]).toEqual([
        method,
        expect.toSatisfy((status: number) => status < 500),
        expect.not.stringContaining('incident'),
      ])
    }),
    { numRuns: 300, endOnFailure: true },
  )
  const { events } = await sam.join(conversationId)
  accepted(await sam.say(conversationId, 'still here'))
  await expect.poll(() => events.at(-1)?.data.message?.text).toBe('still here')
  expect(server().logged()).not.toMatch(/"level":"(?:error|fatal)"/)
}, 120_000)

/** A value as a path or a query can carry it. */
function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return text.toWellFormed().slice(0, 1_000)
}

function textsOf(params: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, textOf(value)]))
}
