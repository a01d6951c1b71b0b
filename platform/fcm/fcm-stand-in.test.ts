import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { expectNoLeaks } from '../testing/leak-check.ts'
import { FCM_FAILURES, type FcmFailure } from './fcm-answers.ts'
import { createFcmStandIn, type FcmStandIn } from './fcm-stand-in.ts'

expectNoLeaks()

let fcm: FcmStandIn

beforeEach(async () => {
  fcm = createFcmStandIn()
  await fcm.start()
})
afterEach(() => fcm.stop())

interface Told {
  readonly status: number
  readonly retryAfter: string | null
  readonly body: Readonly<Record<string, unknown>>
}

async function send(
  message: object,
  headers: object = { authorization: 'Bearer x' },
): Promise<Told> {
  const answer = await fetch(`${fcm.endpoint}/v1/projects/shop/messages:send`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close', ...headers },
    body: JSON.stringify({ message }),
  })
  const text = await answer.text()
  const isJson = answer.headers.get('content-type')?.startsWith('application/json') === true
  return {
    status: answer.status,
    retryAfter: answer.headers.get('retry-after'),
    body: isJson ? JSON.parse(text) : { text },
  }
}

describe('the stand-in for FCM', () => {
  test('takes a message for a phone, and shows what it would show', async () => {
    const told = await send({ token: 'abc', notification: { title: 'Ann', body: 'hello' } })
    expect(told).toMatchObject({
      status: 200,
      body: { name: expect.stringMatching(/^projects\/shop\/messages\/./) },
    })
    expect(fcm.phone('abc')).toMatchObject({ shown: [{ title: 'Ann', body: 'hello' }], arrived: 1 })
    expect(fcm.phone('other')).toBeUndefined()
    const phones = await fetch(`${fcm.endpoint}/phones`, { headers: { connection: 'close' } })
    expect(await phones.json()).toMatchObject([{ token: 'abc', arrived: 1 }])
  })

  test.each(Object.keys(FCM_FAILURES) as FcmFailure[])('answers %s as FCM does', async (answer) => {
    fcm.behave({ answer, retryAfterS: 7 }, 'abc')
    const { status, body } = FCM_FAILURES[answer]
    const told = await send({ token: 'abc' })
    expect(told).toMatchObject({ status, retryAfter: '7' })
    expect('text' in told.body ? told.body['text'] : JSON.stringify(told.body)).toBe(body)
    expect(fcm.phone('abc')).toBeUndefined()
    expect(await send({ token: 'other' })).toMatchObject({ status: 200 })
  })

  test('behaves so only as often as it was told to', async () => {
    fcm.behave({ answer: 'internal', times: 2 })
    const statuses: number[] = []
    for (let n = 0; n < 3; n++) statuses.push((await send({ token: 'abc' })).status)
    expect(statuses).toEqual([500, 500, 200])
    expect(fcm.requests).toBe(3)
  })

  test('breaks the connection', async () => {
    fcm.behave({ answer: 'reset' })
    await expect(send({ token: 'abc' })).rejects.toThrow('fetch failed')
  })

  test('says what is wrong with a message, and which field it is', async () => {
    expect(await send({ token: 'abc', data: { seq: 1 } })).toMatchObject({
      status: 400,
      body: {
        error: {
          status: 'INVALID_ARGUMENT',
          details: [{ fieldViolations: [{ field: 'message.data.seq' }] }],
        },
      },
    })
    const body = 'x'.repeat(4_097)
    const { body: told, status } = await send({ token: 'abc', notification: { body } })
    expect(status).toBe(400)
    expect(told['error']).not.toHaveProperty('details')
  })

  test('wants an access token, and a project', async () => {
    expect(await send({ token: 'abc' }, {})).toMatchObject({ status: 401 })
    const lost = await fetch(`${fcm.endpoint}/v2`, { headers: { connection: 'close' } })
    expect(lost.status).toBe(404)
    await lost.body?.cancel()
  })

  test('keeps what waits for a phone that is away', async () => {
    fcm.goAway('abc')
    await send({ token: 'abc', notification: { body: 'hello' } })
    expect(fcm.phone('abc')?.shown).toEqual([])
    fcm.comeBack('abc')
    expect(fcm.phone('abc')?.shown).toMatchObject([{ body: 'hello' }])
  })

  test('cannot start on a port that is in use', async () => {
    const port = Number(new URL(fcm.endpoint).port)
    await expect(createFcmStandIn({ port }).start()).rejects.toThrow(`port ${port}: EADDRINUSE`)
  })
})
