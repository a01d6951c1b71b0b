// What becomes of pushes: what the push service answers, and what a device shows afterwards.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { requeueJobs } from '../platform/postgres/job-office.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import type { MessageView } from '../protocol/chat.ts'
import { createPostgresPushBook } from './adapters/postgres-push-book.ts'
import { pushTriesMax } from './limits.ts'
import { deleted, receipt, sent } from './testing/chat-words.ts'
import { ConversationLog } from './testing/conversation-log.ts'
import { registered } from './testing/devices.ts'
import { PushStage } from './testing/push-stage.ts'

let stage: PushStage

beforeEach(async () => {
  stage = await PushStage.set()
})
afterEach(async () => {
  await stage.clear()
})

describe('what the push service answers', () => {
  test.each(['unregistered', 'bad_token', 'wrong_project'] as const)(
    '%s: the device is forgotten, and nothing is tried again',
    async (type) => {
      await stage.register('sam', 'phone')
      stage.service.answers.set('phone-token', { type })
      await stage.startPushing()
      await stage.happens(await new ConversationLog(stage.pool).open(), sent(1))
      await stage.allDone()
      expect(await registered(stage.pool)).toEqual([])
      expect(await stage.counted('pushes_failed_total')).toEqual({ [type]: 1 })
    },
  )

  test.each([{ type: 'our_fault', detail: 'no such field' }, { type: 'too_large' }] as const)(
    '$type: the job is dead, the device stays, and requeued it is sent',
    async (answer) => {
      await stage.register('sam', 'phone')
      stage.service.answers.set('phone-token', answer)
      await stage.startPushing()
      await stage.happens(await new ConversationLog(stage.pool).open(), sent(1))
      await waitFor(async () => (await stage.jobs())[0]?.last_error?.startsWith('the push service'))
      expect(await registered(stage.pool)).toEqual(['sam/phone phone-token'])
      stage.service.answers.clear()
      await stage.pool.query(`
        SELECT FROM graphile_worker.reschedule_jobs(
          ARRAY(SELECT id FROM graphile_worker.jobs), run_at := now(), attempts := 0)`)
      await stage.allDone()
      expect(stage.service.sent).toHaveLength(2)
    },
  )

  test.each([
    [{ type: 'unavailable' }, 1, 5],
    [{ type: 'throttled', retryAfterMs: 90_000 }, 85, 100],
    [{ type: 'apns_key', detail: 'revoked' }, 1, 5],
  ] as const)('%j: it is offered again after %i to %i seconds', async (answer, least, most) => {
    await stage.register('sam', 'phone')
    stage.service.answers.set('phone-token', answer)
    await stage.startPushing()
    await stage.happens(await new ConversationLog(stage.pool).open(), sent(1))
    const job = await stage.onlyJob(({ payload }) => payload.tries === 1)
    expect(job.in_s).toBeGreaterThan(least - 1)
    expect(job.in_s).toBeLessThan(most)
    stage.service.answers.clear()
    await stage.hasten()
    await stage.allDone()
    expect(stage.service.shown).toHaveLength(2)
  })
})

const syncs = () => stage.service.sent.filter(({ message }) => message.data['type'] === 'sync')

describe('what the push service answers besides', () => {
  test('a device that is sent too much waits for a digest', async () => {
    await stage.register('sam', 'phone')
    stage.service.answers.set('phone-token', { type: 'device_throttled' })
    await stage.startPushing()
    await stage.happens(await new ConversationLog(stage.pool).open(), sent(1))
    const digest = await stage.onlyJob(({ task }) => task === 'push_digest')
    expect(digest.in_s).toBeGreaterThan(200)
    stage.service.answers.clear()
    await stage.hasten()
    await stage.allDone()
    expect(stage.service.shown.at(-1)).toBe('phone-token sam:1:digest: 1 message')
  })

  test('without a service what would have been pushed is noted, and not tried again', async () => {
    await stage.register('sam', 'phone')
    stage.service.answers.set('phone-token', { type: 'undeliverable' })
    await stage.startPushing()
    await stage.happens(await new ConversationLog(stage.pool).open(), sent(1))
    await stage.allDone()
    const { rows } = await stage.pool.query('SELECT user_id, seq, state FROM push_sends')
    expect(rows).toEqual([{ user_id: 'sam', seq: 1, state: 'undeliverable' }])
  })

  test('one that is away for hours: the job is dead in the end, says why, and requeued begins anew', async () => {
    await stage.register('sam', 'phone')
    stage.service.answers.set('phone-token', { type: 'unavailable' })
    await stage.happens(await new ConversationLog(stage.pool).open(), sent(1))
    await stage.pool.query(`
      UPDATE graphile_worker._private_jobs
         SET payload = (payload::jsonb || jsonb_build_object('tries', ${pushTriesMax}))::json`)
    await stage.startPushing()
    const dead = await stage.onlyJob(({ last_error }) => last_error !== null)
    expect(dead.last_error).toBe('the push service is not available, for too long')
    await requeueJobs(stage.pool, 'all')
    await stage.onlyJob(({ payload, last_error }) => payload.tries === 1 && last_error === null)
  })
})

const kinds: readonly (readonly [string, Partial<MessageView>])[] = [
  ['of words', {}],
  ['an image', { kind: 'image', text: '' }],
  ['a file', { kind: 'file', text: '' }],
]

describe('what a device shows', () => {
  test('is taken away when it is read elsewhere, and the badge says what is left', async () => {
    await stage.register('sam', 'phone')
    const [one, other] = [
      await new ConversationLog(stage.pool).open(),
      await new ConversationLog(stage.pool, { buyerId: 'bob' }).open(),
    ]
    await stage.startPushing()
    await stage.happens(one, sent(1))
    await stage.happens(other, sent(1, { senderId: 'bob' }))
    await waitFor(() => stage.service.sent.length === 2)
    await stage.allDone()
    await stage.pool.query(
      `UPDATE conversation_members SET read_seq = 1 WHERE conversation_id = $1 AND user_id = 'sam'`,
      [one.conversationId],
    )
    await stage.happens(one, receipt(2, 'sam'))
    await waitFor(() => syncs().length === 1)
    expect(syncs()[0]?.message).toMatchObject({
      data: { unread: '1', clears: `chat:${one.conversationId}` },
      apns: { pushType: 'background', priority: 5, badge: 1, isContentAvailable: true },
    })
    await stage.allDone()
    await stage.happens(one, receipt(3, 'sam'))
    await stage.hasten()
    await stage.allDone()
    expect(syncs()).toHaveLength(1)
  })

  test.each(kinds)('I21: is taken away when its message, %s, is deleted', async (_, change) => {
    await stage.register('sam', 'phone')
    const talk = await new ConversationLog(stage.pool).open()
    await stage.startPushing()
    await stage.happens(talk, sent(1, change))
    await waitFor(() => stage.service.sent.length === 1)
    await stage.allDone()
    await stage.happens(talk, deleted(2, 1, change))
    await waitFor(() => syncs().length === 1)
    expect(syncs()[0]?.message.data['clears']).toBe(`chat:${talk.conversationId}`)
  })

  test.each(kinds)('I21: a message, %s, deleted before it is pushed is not', async (_, change) => {
    await stage.register('sam', 'phone')
    const talk = await new ConversationLog(stage.pool).open()
    await stage.happens(talk, sent(1, change))
    await stage.happens(talk, deleted(2, 1, change))
    await stage.startPushing()
    await stage.allDone()
    expect(stage.service.sent).toEqual([])
  })
})

describe('a device that is pushed too much', () => {
  test.each([
    ['before', 2, 1],
    ['after', 1, 2],
  ])(
    'is told by the next digest of what begins to wait while one is sent, %s what that one tells',
    async (_, told, late) => {
      await stage.register('sam', 'phone')
      const talk = await new ConversationLog(stage.pool).open()
      await stage.happens(talk, sent(1), sent(2))
      const book = createPostgresPushBook(stage.pool)
      const device = { userId: 'sam', deviceId: 'phone' }
      const begins = (seq: number) => book.waitForDigest({ ...device, seq }, Date.now(), Date.now())
      await begins(told)
      stage.service.onSend = async () => {
        stage.service.onSend = undefined
        await begins(late)
      }
      await stage.pool.query('DELETE FROM graphile_worker._private_jobs WHERE key IS NULL')
      await stage.startPushing()
      await stage.allDone()
      const keys = stage.service.sent.map(({ message }) => message.data['key'])
      expect(keys).toEqual([`sam:${told}:digest`, `sam:${late}:digest`])
    },
  )

  test('gets no more than twenty in an hour, however many are due at once', async () => {
    await stage.register('sam', 'phone')
    await stage.pool.query(
      `INSERT INTO push_sends (user_id, device_id, seq, state, type, tag, at_ms)
       SELECT 'sam', 'phone', 1000 + n, 'accepted', 'message', 'tag', $1 FROM generate_series(1, 18) n`,
      [Date.now()],
    )
    for (let n = 0; n < 8; n += 1) {
      await stage.happens(await new ConversationLog(stage.pool).open(), sent(1))
    }
    const areOthersPostponed = async () =>
      (await stage.counted('pushes_postponed_total'))['digest'] === 6
    // Until then nobody can read that these were sent.
    stage.service.onSend = async () => {
      await waitFor(areOthersPostponed)
    }
    await stage.startPushing()
    await waitFor(areOthersPostponed)
    await stage.onlyJob(({ task }) => task === 'push_digest')
    expect(stage.service.sent).toHaveLength(2)
  })

  test('gets a digest of what came after twenty in an hour', async () => {
    await stage.register('sam', 'phone')
    const talk = await new ConversationLog(stage.pool).open()
    await stage.pool.query(
      `INSERT INTO push_sends (user_id, device_id, seq, state, type, tag, at_ms)
       SELECT 'sam', 'phone', 1000 + n, 'accepted', 'message', 'tag', $1 FROM generate_series(1, 20) n`,
      [Date.now() - 60_000],
    )
    await stage.startPushing()
    await stage.happens(talk, sent(1), sent(2), sent(3))
    const digest = await stage.onlyJob(({ task }) => task === 'push_digest')
    expect(await stage.counted('pushes_postponed_total')).toEqual({ digest: 3 })
    expect(digest).toMatchObject({ task: 'push_digest', key: 'digest:sam:phone' })
    expect(digest.in_s).toBeGreaterThan(200)
    expect(stage.service.sent).toEqual([])
    await stage.hasten()
    await stage.allDone()
    expect(stage.service.shown).toEqual(['phone-token sam:3:digest: 3 messages'])
    expect(stage.service.sent[0]?.message).toMatchObject({
      notification: { title: '3 new notifications' },
      android: { priority: 'normal', collapseKey: 'digest', tag: 'digest' },
    })
  })
})
