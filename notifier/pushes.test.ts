// Which pushes come of what is committed.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { waitFor } from '../platform/testing/wait-for.ts'
import { deviceConnectionsKey, openConversationKey } from '../protocol/connection-keys.ts'
import { createPostgresFeedRegister } from './adapters/postgres-feed-register.ts'
import { messageIdAt, sent } from './testing/chat-words.ts'
import { ConversationLog } from './testing/conversation-log.ts'
import { feeds } from './testing/feed-table.ts'
import { LotLog, standInForEngine } from './testing/lot-log.ts'
import { bidEntry } from './testing/lot-words.ts'
import { PushStage } from './testing/push-stage.ts'

let stage: PushStage

beforeEach(async () => {
  stage = await PushStage.set()
})
afterEach(async () => {
  await stage.clear()
})

describe('a message', () => {
  test('is pushed to every device of whom it is told, once, and to none of who wrote it', async () => {
    await stage.register('sam', 'phone')
    await stage.register('sam', 'tablet', { locale: 'de-AT', platform: 'ios' })
    await stage.register('ann', 'anns')
    const talk = await new ConversationLog(stage.pool).open()
    await stage.startPushing()
    await stage.startPushing()
    await stage.happens(talk, sent(1))
    await stage.allDone()
    expect(stage.service.shown).toEqual([
      'phone-token sam:1: words of 1',
      'tablet-token sam:1: words of 1',
    ])
    const [push] = stage.service.sent.filter(({ token }) => token === 'tablet-token')
    expect(push?.message).toMatchObject({
      data: {
        key: 'sam:1',
        type: 'message',
        seq: '1',
        conversationId: talk.conversationId,
        messageId: messageIdAt(1),
        messageSeq: '1',
        unread: '1',
      },
      notification: { title: 'Neue Nachricht' },
      android: { priority: 'high', tag: `chat:${talk.conversationId}` },
      apns: {
        pushType: 'alert',
        priority: 10,
        badge: 1,
        collapseId: `chat:${talk.conversationId}`,
      },
    })
    expect(await stage.counted('pushes_due_total')).toEqual({ message: 2 })
  })

  test('to somebody without a device makes no job', async () => {
    await stage.happens(await new ConversationLog(stage.pool).open(), sent(1))
    expect(await feeds(stage.pool)).toEqual({ sam: ['1 message@1'] })
    expect(await stage.jobs()).toEqual([])
  })

  test('I15: many at once, two who push: each device gets each once', async () => {
    await stage.register('sam', 'phone')
    await stage.register('ann', 'anns')
    const talks = await Promise.all(
      Array.from({ length: 10 }, () => new ConversationLog(stage.pool).open()),
    )
    await stage.startPushing()
    await stage.startPushing()
    for (const talk of talks) await stage.happens(talk, sent(1), sent(2, { senderId: 'sam' }))
    await stage.allDone()
    const keys = stage.service.sent.map(({ token, message }) => `${token} ${message.data['key']}`)
    const each = Array.from({ length: 10 }, (_, n) => n + 1)
    expect(keys.toSorted()).toEqual(
      each.flatMap((n) => [`anns-token ann:${n}`, `phone-token sam:${n}`]).toSorted(),
    )
  })

  test('that comes to be pushed after a later one of its conversation is told, and shows nothing', async () => {
    await stage.register('sam', 'phone')
    const talk = await new ConversationLog(stage.pool).open()
    await stage.happens(talk, sent(1))
    // As of a notifier that died with the job: another has it a moment later.
    await stage.putOff()
    await stage.happens(talk, sent(2))
    await stage.startPushing()
    await waitFor(async () => stage.service.sent.length === 1 && (await stage.jobs()).length === 1)
    await stage.hasten()
    await stage.allDone()
    expect(stage.service.shown).toEqual(['phone-token sam:1', 'phone-token sam:2: words of 2'])
  })

  test('is not pushed to a device that says it has it, nor where it is open', async () => {
    await stage.register('sam', 'phone')
    await stage.register('sam', 'tablet')
    const talk = await new ConversationLog(stage.pool).open()
    stage.held.set(deviceConnectionsKey('sam', 'phone'), 1)
    stage.held.set(deviceConnectionsKey('sam', 'tablet'), 1)
    stage.held.set(openConversationKey('sam', 'tablet', talk.conversationId), 1)
    await stage.startPushing()
    await stage.happens(talk, sent(1))
    await waitFor(async () => (await stage.jobs()).length === 1)
    const { conversationId } = talk
    await createPostgresFeedRegister(stage.pool).note(
      [{ userId: 'sam', deviceId: 'phone', conversationId, seq: 1 }],
      Date.now(),
    )
    await stage.allDone()
    expect(stage.service.sent).toEqual([])
    expect(await stage.counted('pushes_skipped_total')).toEqual({ open: 1, delivered: 1 })
  })

  test('is pushed to a device that is connected and does not say that it has it', async () => {
    await stage.register('sam', 'phone')
    stage.held.set(deviceConnectionsKey('sam', 'phone'), 1)
    await stage.startPushing()
    await stage.happens(await new ConversationLog(stage.pool).open(), sent(1))
    await waitFor(async () => (await stage.jobs())[0]?.in_s !== undefined)
    expect(stage.service.sent).toEqual([])
    await stage.allDone()
    expect(stage.service.shown).toEqual(['phone-token sam:1: words of 1'])
  })

  test('waits until quiet hours are over', async () => {
    const quietHours = { from: '00:00', to: '23:59' }
    await stage.register('sam', 'phone', { quietHours, timeZone: 'Asia/Tokyo' })
    const quietUntil = new Intl.DateTimeFormat('en', {
      timeZone: 'Asia/Tokyo',
      hour: 'numeric',
      minute: 'numeric',
      hourCycle: 'h23',
    })
    await stage.startPushing()
    await stage.happens(await new ConversationLog(stage.pool).open(), sent(1))
    const job = await stage.onlyJob(({ in_s }) => in_s > 0)
    expect(quietUntil.format(Date.now() + 1_000 * job.in_s + 500)).toBe('23:59')
    expect(stage.service.sent).toEqual([])
  })
})

describe('what users have settled', () => {
  test('off: not even in the feed; feed: no push; no previews: nothing of the words', async () => {
    const settle = createPostgresFeedRegister(stage.pool)
    for (const user of ['ann', 'sam', 'bob']) await stage.register(user, user)
    await settle.prefer('ann', { types: { message: 'off' } })
    await settle.prefer('sam', { types: { message: 'feed' } })
    await settle.prefer('bob', { previews: false })
    const talks = [
      await new ConversationLog(stage.pool).open(),
      await new ConversationLog(stage.pool, { buyerId: 'bob' }).open(),
    ] as const
    await stage.startPushing()
    await stage.happens(talks[0], sent(1), sent(2, { senderId: 'sam' }))
    await stage.happens(talks[1], sent(1, { senderId: 'sam' }))
    await stage.allDone()
    expect(await feeds(stage.pool)).toEqual({ sam: ['1 message@1'], bob: ['1 message@1'] })
    expect(stage.service.shown).toEqual(['bob-token bob:1: Open the app to read it.'])
    expect(JSON.stringify(stage.service.sent)).not.toContain('words of')
  })
})

describe('a storm of bids', () => {
  test('I12: is one job and one push, of the last, and tells no maximum', async () => {
    await standInForEngine(stage.pool)
    await stage.register('ann', 'phone')
    const lot = new LotLog(stage.pool)
    const secretMax = 987_654
    await lot.standing('ann', 1, secretMax)
    for (let seq = 1; seq <= 40; seq += 1) {
      const isBobs = seq % 2 === 0
      const leader = isBobs ? 'Bidder 2' : 'Bidder 1'
      const outbid = seq === 1 ? {} : { outbid: isBobs ? 'ann' : 'bob' }
      const entry = bidEntry(
        seq,
        { alias: leader, leader, ...outbid },
        { endsAt: Date.now() + 600_000 },
      )
      await lot.commit([{ ...entry, atMs: Date.now() }])
      if (seq % 4 === 0) await stage.tell()
    }
    expect(await stage.jobs()).toMatchObject([{ key: `outbid:ann:${lot.lotId}:phone` }])
    await stage.startPushing()
    await stage.allDone()
    expect(stage.service.shown).toEqual([
      'phone-token ann:10: Palm Vx: bid US$50.50 or more to lead again.',
    ])
    expect(stage.service.sent[0]?.message.android).toMatchObject({
      priority: 'high',
      collapseKey: 'outbid',
      tag: `lot:${lot.lotId}`,
    })
    expect(stage.service.sent[0]?.message.android.ttlMs).toBeLessThanOrEqual(60_000)
    expect(JSON.stringify(stage.service.sent)).not.toContain(String(secretMax))
  })
})
