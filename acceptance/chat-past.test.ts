// What was said stays: changed, found, paged through, and counted until it is read.
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { waitFor } from '../platform/testing/wait-for.ts'
import type {
  ChatOutcome,
  ConversationPage,
  ConversationView,
  MessagePage,
  SearchPage,
} from '../protocol/chat.ts'
import { accepted, chatServer, someone, type Talker, upTo } from './testing/chat.ts'

const { arrive } = chatServer()

describe('what was said before', () => {
  test('is edited, reacted to and deleted, and everybody sees it', async () => {
    const [ann, sam] = [await arrive('ann'), await arrive('sam')]
    const { conversationId } = await ann.open('sam')
    const { messageId } = accepted(await ann.say(conversationId, 'Fivty'))
    const { events } = await sam.join(conversationId)
    const about = { conversationId, messageId }
    await ann.rpc('chat.edit', { ...about, text: 'Fifty' })
    await sam.rpc('chat.react', { ...about, emoji: ['👍', '🎉'] })
    await sam.rpc('chat.react', { ...about, emoji: ['👍'] })
    await ann.rpc('chat.delete', { ...about, forAll: true })
    await waitFor(() => events.length === 4)
    expect(events.map(({ offset, data }) => [offset, data.type])).toEqual([
      [2, 'message_edited'],
      [3, 'reaction_changed'],
      [4, 'reaction_changed'],
      [5, 'message_deleted'],
    ])
    expect(events[0]?.data.message).toMatchObject({ text: 'Fifty', seq: 1 })
    expect(events[0]?.data.message?.editedAt).toBeGreaterThan(0)
    expect(events[2]?.data).toMatchObject({
      reaction: { userId: 'sam', emoji: ['👍'] },
      message: { reactions: [{ emoji: '👍', count: 1 }] },
    })
    expect(events[3]?.data.message).toMatchObject({ text: '', deleted: true })
  })

  test('is deleted for oneself alone', async () => {
    const [ann, sam] = [await arrive('ann'), await arrive('sam')]
    const { conversationId } = await ann.open('sam')
    const { messageId } = accepted(await sam.say(conversationId, 'nonsense'))
    await ann.rpc('chat.delete', { conversationId, messageId })
    const texts = async (of: Talker) =>
      (await of.rpc<MessagePage>('chat.history', { conversationId })).items.map(({ text }) => text)
    expect(await texts(ann)).toEqual([])
    expect(await texts(sam)).toEqual(['nonsense'])
    const { snapshot } = await ann.join(conversationId)
    expect(snapshot.messages).toEqual([])
  })

  test('is paged through both ways', async () => {
    const ann = await arrive('ann')
    const { conversationId } = await ann.open('sam')
    for (const nth of upTo(25)) await ann.say(conversationId, `word ${nth}`)
    for (const way of ['before', 'after'] as const) {
      const seqs: number[] = []
      let from: number | undefined = way === 'after' ? 0 : undefined
      do {
        const turn = from === undefined ? {} : { [way]: from }
        const page: MessagePage = await ann.rpc('chat.history', {
          conversationId,
          limit: 10,
          ...turn,
        })
        seqs.push(...page.items.map(({ seq }) => seq))
        from = page.next
      } while (from !== undefined)
      expect(seqs).toEqual(way === 'after' ? upTo(25) : upTo(25).toReversed())
    }
  })

  test('is found by its words, only by those who were there', async () => {
    const [ann, sam, eve] = await Promise.all([arrive('ann'), arrive('sam'), arrive('eve')])
    const { conversationId } = await ann.open('sam')
    const word = `w${randomUUID().replaceAll('-', '')}`
    const { messageId } = accepted(await ann.say(conversationId, `a lamp called ${word}`))
    const find = async (of: Talker) =>
      (await of.rpc<SearchPage>('chat.search', { query: word })).items
    expect(await find(ann)).toMatchObject([{ messageId }])
    expect(await find(sam)).toMatchObject([{ messageId }])
    expect(await find(eve)).toEqual([])
    await ann.rpc('chat.delete', { conversationId, messageId, forAll: true })
    expect(await find(sam)).toEqual([])
  })
})

const inbox = async (of: Talker) =>
  (await of.rpc<ConversationPage>('chat.list', {})).items.map(
    ({ conversationId, unread, lastMessage }) => [conversationId, unread, lastMessage?.text],
  )

describe('the inbox', () => {
  test('I20: shows the last message, and exactly what was not read', async () => {
    const [ann, sam] = [await arrive(someone('ann')), await arrive(someone('sam'))]
    const lamp = (await ann.open(sam.user)).conversationId
    const vase = (await ann.open(sam.user)).conversationId
    for (const nth of upTo(5)) await ann.say(lamp, `lamp ${nth}`)
    const { messageId } = accepted(await ann.say(lamp, 'slip'))
    await sam.say(lamp, 'mine')
    await ann.say(vase, 'vase 1')
    expect(await inbox(sam)).toEqual([
      [vase, 1, 'vase 1'],
      [lamp, 6, 'mine'],
    ])
    await sam.rpc('chat.read', { conversationId: lamp, upToSeq: 3 })
    await ann.rpc('chat.delete', { conversationId: lamp, messageId, forAll: true })
    expect(await inbox(sam)).toEqual([
      [vase, 1, 'vase 1'],
      [lamp, 2, 'mine'],
    ])
    expect(await inbox(ann)).toEqual([
      [vase, 0, 'vase 1'],
      [lamp, 1, 'mine'],
    ])
    await sam.rpc('chat.update', { conversationId: lamp, pinned: true, draft: 'I would say' })
    expect((await inbox(sam))[0]?.[0]).toBe(lamp)
    const own = await sam.rpc<ConversationView>('chat.get', { conversationId: lamp })
    expect(own.you).toMatchObject({ pinned: true, draft: 'I would say' })
    const hers = await ann.rpc<ConversationView>('chat.get', { conversationId: lamp })
    expect(JSON.stringify(hers)).not.toContain('I would say')
    const outcome: ChatOutcome = await sam.rpc('chat.update', {
      conversationId: vase,
      archived: true,
    })
    expect(outcome).toMatchObject({ outcome: 'accepted' })
    expect((await inbox(sam)).map(([id]) => id)).toEqual([lamp])
    await ann.say(vase, 'vase 2')
    expect((await inbox(sam)).map(([id]) => id)).toContain(vase)
  })
})
