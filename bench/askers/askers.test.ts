import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { keeping } from '../keeping.ts'
import type { Answer } from './matters.ts'
import { type OpenAskers, openAskers } from './open-askers.ts'
import { Tally } from './tally.ts'

const quick = { warmUpMs: 0, measureMs: 100 }
const heldOff = { outcome: 'refused', code: 'overloaded', retryAfterMs: 150 }

let server: WebSocketServer
/** What it answers to the questions, in turn; then that each is accepted. */
let answers: Answer[]
let questions: string[]
/** Questions of somebody who still waited for an answer. */
let early: number

beforeEach(async () => {
  answers = []
  questions = []
  early = 0
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  server.on('connection', (socket) => {
    let isWaiting = false
    socket.on('message', (message: Buffer) => {
      const { id, rpc } = JSON.parse(message.toString()) as { id: number; rpc?: object }
      if (rpc === undefined) return socket.send(`{"id":${id},"connect":{}}`)
      questions.push(message.toString())
      if (isWaiting) early += 1
      isWaiting = true
      setTimeout(() => {
        isWaiting = false
        const data = answers.shift() ?? { outcome: 'accepted' }
        socket.send(JSON.stringify({ id, rpc: { data } }))
      }, 1)
    })
  })
  await once(server, 'listening')
})

afterEach(() => {
  server.close()
})

function withAskers<Result>(
  askers: number,
  act: (open: OpenAskers) => Promise<Result>,
): Promise<Result> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const conversationIds = ['here', 'there']
  const matter = { type: 'messages', conversationIds } as const
  return keeping(async (keep) => act(await openAskers(keep, 'the askers', { url, askers, matter })))
}

test('who was held off for now asks again in the same room, and what was accepted is kept', async () => {
  answers = [{ ...heldOff, retryAfterMs: 5 }]
  const { asked, account } = await withAskers(1, async (askers) => ({
    asked: await askers.ask({ ...quick, measureMs: 1_000 }),
    account: await askers.account(),
  }))

  const { accepted } = asked
  expect(accepted).toBeGreaterThan(0)
  expect(asked.answered).toBe(accepted + 1)
  expect(questions).toHaveLength(asked.answered)
  for (const question of questions) expect(question).toContain('"conversationId":"here"')
  // The first question, whose number is 0, was not accepted.
  expect(account).toMatchObject({ accepted, sumOfIds: (accepted * (accepted + 1)) / 2 })
})

test('who is held off when a run ends does not ask twice at a time in the next one', async () => {
  answers = [heldOff]
  const accepted = await withAskers(2, async (askers) => {
    await askers.ask(quick)
    return (await askers.ask({ ...quick, measureMs: 200 })).accepted
  })

  expect(accepted).toBeGreaterThan(0)
  expect(early).toBe(0)
})

test('at a pace nobody waits for an answer, and all are waited for in the end', async () => {
  const asked = await withAskers(1, (askers) => askers.ask({ ...quick, perSecond: 2_000 }))

  expect(early).toBeGreaterThan(0)
  expect(asked.answered).toBe(questions.length)
})

test('an answer that the question should not have ends the run', async () => {
  answers = [{ outcome: 'refused', code: 'not_member' }]
  const asking = withAskers(1, (askers) => askers.ask(quick))

  await expect(asking).rejects.toThrow(/the askers: .*not taken: .*not_member/)
})

test('at a pace every question that was due in time counts, however late its answer comes', () => {
  const tally = new Tally({ ...quick, perSecond: 10 })
  const inTime = tally.untilMs - quick.measureMs / 2
  for (const sinceMs of [inTime, tally.untilMs]) tally.answered('accepted', sinceMs)
  tally.answered('refused', inTime)
  tally.answered({ waitMs: 5 }, inTime)

  expect(tally.result()).toMatchObject({ answered: 4, accepted: 2, acceptedPerSecond: 10 })
  expect(tally.result().refusedPercent).toBeCloseTo((100 * 2) / 3)
})
