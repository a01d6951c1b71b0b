// Those who keep order: rules, the queue, decisions, silence, and words that are to be forgotten.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { HttpClient } from '../loadtest/http-client.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import type { ChatOutcome, MessagePage } from '../protocol/chat.ts'
import type { ModerationQueuePage } from '../protocol/moderation.ts'
import { accepted, chatServer, someone } from './testing/chat.ts'
import { query } from './testing/database.ts'

const { arrive, server } = chatServer()
let house: HttpClient
let moderator: HttpClient
beforeAll(async () => {
  house = await server().as('house', 'service')
  moderator = await server().as('mo', 'moderator')
})
beforeEach(() => setRules([]))

async function setRules(rules: readonly object[]): Promise<void> {
  const outcome = await house.call('PUT', '/v1/moderation/rules', { rules })
  expect(outcome).toMatchObject({ outcome: 'accepted' })
}

const words = (verdict: string, ...list: string[]) => ({
  ruleId: `no ${list[0]}`,
  verdict,
  says: 'Mind your words.',
  kind: 'words',
  words: list,
})

async function queueOf(conversationId: string) {
  const page = (await moderator.call('GET', '/v1/moderation/queue?limit=100')) as unknown
  const { items } = page as ModerationQueuePage
  return items.filter((item) => item.conversationId === conversationId)
}

const decide = (caseId: string | undefined, decision: string, more: object = {}) =>
  moderator.call('POST', `/v1/moderation/queue/${caseId}/decide`, { decision, ...more })

async function talk() {
  const [ann, sam] = [await arrive(someone('ann')), await arrive(someone('sam'))]
  const { conversationId } = await ann.open(sam.user)
  const { events } = await sam.join(conversationId)
  return { ann, sam, conversationId, events }
}

describe('rules', () => {
  test('count at once: warn, refuse, and no more once they are gone', async () => {
    const { ann, conversationId } = await talk()
    await setRules([words('warn', 'bitcoin'), words('refuse', 'dynamite')])
    const warned = accepted(await ann.say(conversationId, 'I take Bitcoin.'))
    expect(warned.warnings).toEqual([{ rule: 'no bitcoin', says: 'Mind your words.' }])
    expect(await ann.say(conversationId, 'And dynamite!')).toMatchObject({
      outcome: 'refused',
      code: 'refused_by_rule',
      rule: 'no dynamite',
    })
    expect(accepted(await ann.say(conversationId, 'A bitcoinless lamp.'))).not.toHaveProperty(
      'warnings',
    )
    await setRules([])
    accepted(await ann.say(conversationId, 'Dynamite after all.'))
  })

  test('find links, phone numbers and e-mail addresses', async () => {
    const { ann, conversationId } = await talk()
    const rule = { verdict: 'refuse', says: 'Stay here.' }
    await setRules([
      { ...rule, ruleId: 'links', kind: 'links', domains: ['evil.example'], match: 'listed' },
      { ...rule, ruleId: 'phones', kind: 'phone_numbers' },
      { ...rule, ruleId: 'mails', kind: 'email_addresses' },
    ])
    const verdicts: [string, string | undefined][] = [
      ['see https://shop.evil.example/pay', 'links'],
      ['call +49 170 1234567', 'phones'],
      ['write to ann@mail.example', 'mails'],
      ['see https://fine.example', undefined],
      ['it is 120 x 60 cm', undefined],
    ]
    for (const [text, expected] of verdicts) {
      const outcome = await ann.say(conversationId, text)
      expect([text, outcome.outcome === 'refused' ? outcome.rule : undefined]).toEqual([
        text,
        expected,
      ])
    }
  })
})

describe('a held message', () => {
  test('is hidden from everybody until it is released, and told then', async () => {
    const { ann, sam, conversationId, events } = await talk()
    await setRules([words('hold', 'moonshine')])
    const held = accepted(await ann.say(conversationId, 'I sell moonshine'))
    expect(held).toMatchObject({ code: 'held_for_review' })
    expect(held).not.toHaveProperty('seq')
    const next = accepted(await ann.say(conversationId, 'and lamps'))
    expect(next.seq).toBe(1)
    await waitFor(() => events.length === 1 && sam.feed.length === 1)
    for (const who of [ann, sam]) {
      const { items } = await who.rpc<MessagePage>('chat.history', { conversationId })
      expect(items.map(({ text }) => text)).toEqual(['and lamps'])
    }
    const [item] = await queueOf(conversationId)
    expect(item).toMatchObject({
      kind: 'held',
      rules: ['no moonshine'],
      message: { text: 'I sell moonshine', senderId: ann.user },
    })
    expect(await decide(item?.caseId, 'release')).toMatchObject({ outcome: 'accepted' })
    await waitFor(() => events.length === 2 && sam.feed.length === 2)
    expect(events[1]).toMatchObject({
      offset: 2,
      data: { type: 'message_created', message: { seq: 2, text: 'I sell moonshine' } },
    })
    expect(sam.feed[1]?.data).toMatchObject({ messageId: held.messageId, senderId: ann.user })
    expect(await queueOf(conversationId)).toEqual([])
    expect(await decide(item?.caseId, 'release')).toMatchObject({ code: 'case_decided' })
  })

  test('is gone where it is removed, its sender may be silenced, and the decision is logged', async () => {
    const { ann, sam, conversationId, events } = await talk()
    await setRules([words('hold', 'moonshine')])
    await ann.say(conversationId, 'I sell moonshine')
    const [item] = await queueOf(conversationId)
    const until = Date.now() + 3_600_000
    await decide(item?.caseId, 'remove', { muteSenderUntil: until, note: 'not here' })
    expect(await ann.say(conversationId, 'hello?')).toMatchObject({
      code: 'muted_by_moderator',
      until,
    })
    accepted(await sam.say(conversationId, 'hello'))
    await waitFor(() => events.length === 1)
    expect(events[0]).toMatchObject({ offset: 1, data: { message: { text: 'hello' } } })
    const logged = await query(
      server().databaseUrl,
      'SELECT moderator_id, action, conversation_id FROM moderation_log WHERE case_id = $1',
      [item?.caseId],
    )
    expect(logged).not.toEqual([])
    expect(logged.every(({ moderator_id }) => moderator_id === 'mo')).toBe(true)
  })
})

describe('a report', () => {
  test('brings a message before the moderators, who may remove it for all', async () => {
    const { ann, sam, conversationId, events } = await talk()
    const { messageId } = accepted(await ann.say(conversationId, 'a fraud'))
    const report = { conversationId, messageId, reason: 'fraud', note: 'look at this' }
    const { caseId } = accepted(await sam.rpc<ChatOutcome>('chat.report', report))
    expect(await queueOf(conversationId)).toMatchObject([
      { caseId, kind: 'report', reportedBy: sam.user, reason: 'fraud', message: { messageId } },
    ])
    await decide(caseId, 'remove')
    await waitFor(() => events.at(-1)?.data.type === 'message_deleted')
    expect(events.at(-1)?.data.message).toMatchObject({ messageId, text: '', deleted: true })
    const versions = `/v1/conversations/${conversationId}/messages/${messageId}/versions`
    expect(await moderator.call('GET', versions)).toMatchObject({ items: [{ text: 'a fraud' }] })
  })

  test('the queue is for moderators alone', async () => {
    const ann = await arrive('ann')
    await expect(ann.rpc('moderation.queue', {})).rejects.toMatchObject({ code: 103 })
    const anns = await server().as('ann')
    await expect(anns.call('GET', '/v1/moderation/queue')).rejects.toMatchObject({ status: 403 })
    await expect(anns.call('PUT', '/v1/moderation/rules', { rules: [] })).rejects.toMatchObject({
      status: 403,
    })
  })
})

test('I21: an erased user has said nothing, wherever one looks', async () => {
  const { ann, sam, conversationId, events } = await talk()
  const canary = 'canary0815'
  const { messageId } = accepted(await ann.say(conversationId, canary))
  await sam.say(conversationId, 'what?', { replyTo: messageId })
  await ann.rpc('chat.edit', { conversationId, messageId, text: `${canary} again` })
  await waitFor(() => sam.feed.length === 1)
  await house.call('POST', `/v1/users/${ann.user}/erase`, {})
  await waitFor(() => events.at(-1)?.data.type === 'message_deleted', { timeoutMs: 20_000 })
  const kept = () =>
    query(
      server().databaseUrl,
      `SELECT 'messages' AS held FROM messages WHERE view::text LIKE $1
        UNION ALL SELECT 'message_versions' FROM message_versions WHERE view::text LIKE $1
        UNION ALL SELECT 'notifications' FROM notifications WHERE data::text LIKE $1
        UNION ALL SELECT 'conversation_commands' FROM conversation_commands WHERE reply::text LIKE $1`,
      [`%${canary}%`],
    )
  await waitFor(async () => (await kept()).length === 0, { timeoutMs: 20_000 })
  const again = await arrive(sam.user)
  const { snapshot } = await again.join(conversationId)
  expect(JSON.stringify(snapshot)).not.toContain(canary)
})
