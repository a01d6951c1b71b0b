// The HTTP API through a real server: what a client in any language sees.
import { connect } from 'node:net'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { waitFor } from '../../platform/testing/wait-for.ts'
import type { FeedOutcome } from '../../protocol/feed.ts'
import type { LotRefusalCode } from '../../protocol/refusals.ts'
import { bodyBytesMax } from '../limits.ts'
import type { AuctionHouse } from '../ports/auction-house.ts'
import { feedOfficeOf } from '../testing/feeds.ts'
import { acceptance, bidId, bookOf, draftId, houseOf, lotId, refusing } from '../testing/lots.ts'
import { noonMs } from '../testing/people.ts'
import { startApiServer } from './testing/api-server.ts'

const page = 'https://market.example'
let refusal: LotRefusalCode | undefined
let ready = true
const house = houseOf((command) =>
  refusal === undefined
    ? acceptance(command)
    : { ...refusing(refusal)(command), retryAfterMs: 1_500 },
)
const api = await startApiServer({
  house,
  ready: () => ready,
  allowedOrigins: [page],
  devTokens: true,
})
afterAll(() => api.close())
afterEach(() => {
  refusal = undefined
  ready = true
})

const jsonBody = { 'content-type': 'application/json' }
const bids = `${api.url}/v1/lots/${lotId}/bids`
const bid = { clientBidId: bidId, amount: 5_000, currency: 'USD' }
const terms = {
  title: 'Palm Pilot',
  currency: 'USD',
  format: 'english',
  startPrice: 1_000,
  startsAt: noonMs,
  endsAt: noonMs + 3_600_000,
}
/** Each test has bidders of its own, or they would share a rate. */
let people = 0
const someone = (...roles: Parameters<typeof api.bearer>[1][]) => {
  people += 1
  return api.bearer(`user-${people}`, ...roles)
}

async function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return await fetch(url, { method: 'POST', headers: { ...jsonBody, ...headers }, body: text })
}

/** A bid whose body has so many bytes. */
function bidOfBytes(bytes: number): string {
  const body = JSON.stringify({ ...bid, confirmToken: '' })
  return body.replace('""', `"${'x'.repeat(bytes - body.length)}"`)
}

async function preflight(origin: string) {
  const headers = { origin, 'access-control-request-method': 'POST' }
  return await fetch(bids, { method: 'OPTIONS', headers })
}

async function expectProblem(response: Response, status: number, code: string, detail = '') {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const body: unknown = await response.json()
  expect(body).toMatchObject({ status, code, type: 'about:blank', title: expect.any(String) })
  expect(body).toHaveProperty('detail', expect.stringContaining(detail))
  expect(response.status).toBe(status)
}

describe('methods as resources', () => {
  test('a bid is a POST on the lot’s bids, under the user of the token', async () => {
    const response = await post(bids, { ...bid, lotId: draftId }, await api.bearer('ann'))
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ outcome: 'accepted', lotId, clientBidId: bidId })
    expect(house.asked.at(-1)).toMatchObject({ type: 'place_bid', lotId, actor: { userId: 'ann' } })
  })

  test('the Idempotency-Key serves as the bid’s id, with or without quotes', async () => {
    const { clientBidId: _, ...rest } = bid
    for (const key of [bidId, `"${bidId}"`]) {
      const response = await post(bids, rest, { ...(await someone()), 'idempotency-key': key })
      expect(await response.json()).toMatchObject({ clientBidId: bidId })
    }
    const named = await post(bids, bid, { ...(await someone()), 'idempotency-key': lotId })
    expect(await named.json()).toMatchObject({ clientBidId: bidId })
  })

  test('a created lot is 201 and says where it is; the same key makes the same lot', async () => {
    const seller = { ...(await someone('seller')), 'idempotency-key': 'listing 7' }
    const response = await post(`${api.url}/v1/lots`, terms, seller)
    const lot = (await response.json()) as { lotId: string }
    expect(response.status).toBe(201)
    expect(lot).toMatchObject({ outcome: 'accepted', state: 'draft' })
    expect(response.headers.get('location')).toBe(`/v1/lots/${lot.lotId}`)
    const again = await post(`${api.url}/v1/lots`, terms, seller)
    expect(await again.json()).toMatchObject({ lotId: lot.lotId })
  })

  test('a lot is changed by PATCH', async () => {
    const headers = { ...jsonBody, ...(await api.bearer('sel')) }
    const body = JSON.stringify({ title: 'Palm V' })
    const response = await fetch(`${api.url}/v1/lots/${lotId}`, { method: 'PATCH', headers, body })
    expect(response.status).toBe(200)
    expect(house.asked.at(-1)).toMatchObject({ type: 'update_lot', changes: { title: 'Palm V' } })
  })

  test('a watcher reads a lot, and HEAD is a GET without its body', async () => {
    const response = await fetch(`${api.url}/v1/lots/${lotId}`)
    expect(await response.json()).toMatchObject({ lotId, state: 'open' })
    const head = await fetch(`${api.url}/v1/lots/${lotId}`, { method: 'HEAD' })
    expect(head.status).toBe(200)
    expect(head.headers.get('content-length')).toBe(response.headers.get('content-length'))
    expect(await head.text()).toBe('')
  })

  test('the query of a list is checked like a body', async () => {
    const asked: unknown[] = []
    const book = bookOf({
      bids: async (_, range) => {
        asked.push(range)
        return { items: [], next: 4 }
      },
    })
    const other = await startApiServer({ book })
    const list = `${other.url}/v1/lots/${lotId}/bids`
    expect(await (await fetch(`${list}?limit=5&before=9`)).json()).toEqual({ items: [], next: 4 })
    expect(asked).toEqual([{ limit: 5, before: 9 }])
    await expectProblem(await fetch(`${list}?limit=500`), 400, 'bad_request', 'limit: ')
    other.close()
  })
})

describe('refusals', () => {
  test('a decided refusal is a 200 with the outcome', async () => {
    refusal = 'bid_too_low'
    const response = await post(bids, bid, await someone())
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ outcome: 'refused', code: 'bid_too_low' })
  })

  test.each<[LotRefusalCode, number]>([
    ['not_permitted', 403],
    ['lot_not_found', 404],
    ['rate_limited', 429],
    ['internal', 500],
    ['overloaded', 503],
  ])('%s is a %d with the fields of the refusal', async (code, status) => {
    refusal = code
    const response = await post(bids, bid, await someone())
    expect(response.headers.get('retry-after')).toBe('2')
    expect(await response.clone().json()).toMatchObject({ outcome: 'refused', lotId })
    await expectProblem(response, status, code)
  })

  test('an unknown outcome is a 504: the same id may be sent again', async () => {
    const lost: AuctionHouse = {
      submit: async () => ({
        outcome: 'unknown',
        code: 'outcome_unknown',
        lotId,
        serverTime: noonMs,
        retryable: true,
      }),
    }
    const other = await startApiServer({ house: lost })
    const url = `${other.url}/v1/lots/${lotId}/bids`
    await expectProblem(await post(url, bid, await other.bearer('ann')), 504, 'outcome_unknown')
    other.close()
  })

  test('too many bids are a 429 that says how long to wait', async () => {
    const other = await startApiServer({ rates: { bidsPerUser: { points: 1, windowMs: 60_000 } } })
    const url = `${other.url}/v1/lots/${lotId}/bids`
    const bidder = await other.bearer('ann')
    expect((await post(url, bid, bidder)).status).toBe(200)
    const held = await post(url, bid, bidder)
    expect(Number(held.headers.get('retry-after'))).toBeGreaterThan(1)
    expect(held.headers.get('ratelimit-limit')).toBe('1')
    expect(held.headers.get('ratelimit-remaining')).toBe('0')
    expect(held.headers.get('ratelimit-reset')).toBe(held.headers.get('retry-after'))
    expect(await held.clone().json()).toMatchObject({ scope: 'lot', clientBidId: bidId })
    await expectProblem(held, 429, 'rate_limited')
    other.close()
  })
})

describe('bad input', () => {
  test.each<[string, string, string]>([
    ['cut off', '{"amount": 50', 'the body is not JSON'],
    ['an array', '[1]', 'the body: expected an object'],
    ['null', 'null', 'the body: expected an object'],
    ['an amount as text', '{"amount":"5000"}', 'clientBidId: '],
  ])('a body that is %s is a 400', async (_, body, detail) => {
    await expectProblem(await post(bids, body, await someone()), 400, 'bad_request', detail)
  })

  test('a body that is no UTF-8 is a 400', async () => {
    const headers = { ...jsonBody, ...(await someone()) }
    const body = Buffer.from('{"currency":"\xff"}', 'latin1')
    const response = await fetch(bids, { method: 'POST', headers, body })
    await expectProblem(response, 400, 'bad_request', 'the body is not JSON')
  })

  test('the field at fault is named, with what was expected', async () => {
    const response = await post(bids, { ...bid, amount: '5000' }, await someone())
    const detail = 'amount: expected number, received string'
    await expectProblem(response, 400, 'bad_request', detail)
  })

  test('an amount which nobody can bid is refused, with what is wrong about it', async () => {
    const response = await post(bids, { ...bid, amount: -1 }, await someone())
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ code: 'amount_invalid', reason: 'negative' })
  })

  test('keys of the prototype in a body change nobody’s', async () => {
    const body = `{"__proto__":{"roles":["admin"]},"constructor":1,${JSON.stringify(bid).slice(1)}`
    expect((await post(bids, body, await someone())).status).toBe(200)
    expect(Reflect.get({}, 'roles')).toBeUndefined()
  })

  test('another content type is a 415', async () => {
    const headers = { ...(await someone()), 'content-type': 'text/plain' }
    await expectProblem(await post(bids, bid, headers), 415, 'unsupported_media_type')
  })

  test('a body as large as may be is read, one byte more is a 413, and so is much more', async () => {
    const whole = await post(bids, bidOfBytes(bodyBytesMax), await someone())
    await expectProblem(whole, 400, 'bad_request', 'confirmToken: ')
    for (const bytes of [bodyBytesMax + 1, 3 * 1024 * 1024]) {
      const large = await post(bids, bidOfBytes(bytes), await someone())
      await expectProblem(large, 413, 'payload_too_large', '65536')
    }
  })

  test('unknown paths are a 404, known ones with another method a 405 that names those there are', async () => {
    for (const path of ['/', '/v1', '/v1/lots/', `/v1/lots/${lotId}/x`, '/v1/lots/%E0%A4%A']) {
      await expectProblem(await fetch(api.url + path), 404, 'not_found')
    }
    const response = await fetch(`${api.url}/v1/lots/${lotId}`, { method: 'DELETE' })
    expect(response.headers.get('allow')).toBe('GET, PATCH')
    await expectProblem(response, 405, 'method_not_allowed', 'GET, PATCH')
  })

  test('an id that is none is a 400, a lot that is not there or a draft of others a 404', async () => {
    await expectProblem(await fetch(`${api.url}/v1/lots/7`), 400, 'bad_request', 'lotId: ')
    for (const unknown of [bidId, draftId]) {
      await expectProblem(await fetch(`${api.url}/v1/lots/${unknown}`), 404, 'lot_not_found')
    }
  })
})

describe('tokens', () => {
  test.each([['Bearer x.y.z'], ['Bearer'], ['Basic YW5uOnB3'], ['x']])(
    '%s is nobody’s, also where none is needed',
    async (authorization) => {
      const response = await fetch(`${api.url}/v1/lots/${lotId}`, { headers: { authorization } })
      expect(response.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
      await expectProblem(response, 401, 'unauthorized')
    },
  )

  test('without a token only what is public is there; where watchers are not let in, nothing', async () => {
    const bidden = await post(bids, bid)
    expect(bidden.headers.get('www-authenticate')).toBe('Bearer')
    await expectProblem(bidden, 401, 'unauthorized', 'a token is needed')
    const closed = await startApiServer({ anonymous: 'deny' })
    const response = await fetch(`${closed.url}/v1/lots/${lotId}`)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    await expectProblem(response, 401, 'unauthorized')
    expect((await fetch(`${closed.url}/healthz`)).status).toBe(200)
    closed.close()
  })

  test('developers mint tokens, where that is switched on', async () => {
    const url = `${api.url}/v1/dev/token`
    const order = { user: 'dev', roles: ['seller'], ttlSeconds: 60 }
    const minted = (await (await post(url, order)).json()) as { token: string; expiresAt: number }
    expect(minted.expiresAt).toBe(noonMs + 60_000)
    const headers = { authorization: `Bearer ${minted.token}` }
    expect((await post(`${api.url}/v1/lots`, terms, headers)).status).toBe(201)
    const faults = await post(url, { user: 'dev', roles: ['owner'] })
    await expectProblem(faults, 400, 'bad_request', 'roles.0: ')
    await expectProblem(await post(url, { user: 'a:b' }), 400, 'bad_request', 'user: ')
    const production = await startApiServer()
    await expectProblem(await post(`${production.url}/v1/dev/token`, order), 404, 'not_found')
    production.close()
  })

  test('a service revokes a user’s tokens, nobody else does', async () => {
    const url = `${api.url}/v1/users/bob/revoke`
    await expectProblem(await post(url, {}), 401, 'unauthorized')
    for (const role of ['seller', 'admin', 'moderator'] as const) {
      await expectProblem(await post(url, {}, await someone(role)), 403, 'permission_denied')
    }
    const service = await someone('service')
    await expectProblem(await post(url, { before: noonMs + 1 }, service), 400, 'bad_request')
    expect(api.posted).toEqual([])
    expect((await post(url, { device: 'phone', before: noonMs - 1 }, service)).status).toBe(200)
    expect((await fetch(url, { method: 'POST', headers: service })).status).toBe(200)
    expect(api.posted).toEqual([
      { userId: 'bob', deviceId: 'phone', beforeMs: noonMs - 1 },
      { userId: 'bob', beforeMs: noonMs },
    ])
  })

  test('whose tokens are revoked gets no further push either, or its house is told to ask again', async () => {
    let outcome: FeedOutcome = { outcome: 'accepted', serverTime: noonMs }
    const feedOffice = feedOfficeOf(() => outcome)
    const other = await startApiServer({ feedOffice })
    const url = `${other.url}/v1/users/bob/revoke`
    const service = await other.bearer('house', 'service')
    expect((await post(url, { device: 'phone', before: 7 }, service)).status).toBe(200)
    expect(feedOffice.asked).toEqual([
      {
        type: 'revoke_devices',
        userId: 'bob',
        deviceId: 'phone',
        untilMs: 7,
        actor: { userId: 'house', roles: ['service'] },
      },
    ])
    outcome = { outcome: 'unknown', code: 'outcome_unknown', serverTime: noonMs, retryable: true }
    await expectProblem(await post(url, {}, service), 504, 'outcome_unknown', 'ask again')
    outcome = { outcome: 'refused', code: 'overloaded', serverTime: noonMs, retryable: true }
    await expectProblem(await post(url, {}, service), 503, 'overloaded', 'ask again')
    expect(other.posted.at(-1)).toEqual({ userId: 'bob', beforeMs: noonMs })
    other.close()
  })

  test('each token has a rate of its own, and those without share that of their address', async () => {
    const rates = { requestsPerToken: { points: 1, windowMs: 60_000 } }
    const other = await startApiServer({ rates })
    const url = `${other.url}/v1/lots/${lotId}`
    for (const headers of [{}, await other.bearer('ann'), await other.bearer('bob')]) {
      expect((await fetch(url, { headers })).status).toBe(200)
      const held = await fetch(url, { headers })
      expect(held.headers.get('ratelimit-limit')).toBe('1')
      await expectProblem(held, 429, 'too_many_requests')
    }
    const forged = await fetch(url, { headers: { authorization: 'Bearer x.y.z' } })
    await expectProblem(forged, 429, 'too_many_requests')
    expect((await fetch(`${other.url}/healthz`)).status).toBe(200)
    other.close()
  })
})

describe('browsers', () => {
  const lot = `${api.url}/v1/lots/${lotId}`

  test('a page of an allowed origin may read the answer, another may not', async () => {
    const allowed = await fetch(lot, { headers: { origin: page } })
    expect(allowed.headers.get('access-control-allow-origin')).toBe(page)
    expect(allowed.headers.get('vary')).toBe('Origin')
    const other = await fetch(lot, { headers: { origin: 'https://evil.example' } })
    expect(other.headers.has('access-control-allow-origin')).toBe(false)
  })

  test('an allowed page may read a problem too', async () => {
    const response = await fetch(`${api.url}/nothing`, { headers: { origin: page } })
    expect(response.headers.get('access-control-allow-origin')).toBe(page)
  })

  test('a preflight says what the page may send', async () => {
    const allowed = await preflight(page)
    expect(allowed.status).toBe(204)
    expect(allowed.headers.get('access-control-allow-origin')).toBe(page)
    expect(allowed.headers.get('access-control-allow-methods')).toContain('POST')
    expect(allowed.headers.get('access-control-allow-headers')).toContain('Authorization')
    await expectProblem(await preflight('https://evil.example'), 403, 'origin_not_allowed')
  })
})

describe('the server', () => {
  test('alive is always said, ready only when it is', async () => {
    ready = false
    expect((await fetch(`${api.url}/healthz`)).status).toBe(200)
    const draining = await fetch(`${api.url}/readyz`)
    expect(draining.status).toBe(503)
    expect(draining.headers.get('connection')).toBe('close')
    ready = true
    expect((await fetch(`${api.url}/readyz`)).status).toBe(200)
  })

  test('the path of the WebSocket asks for an upgrade', async () => {
    const response = await fetch(`${api.url}/connection/websocket`)
    await expectProblem(response, 426, 'upgrade_required')
  })

  test('I16: who hangs up before the answer, or half-way through the body, harms nobody', async () => {
    const answers: (() => void)[] = []
    const waiting: AuctionHouse = {
      submit: async (command) => {
        await new Promise<void>((resolve) => answers.push(resolve))
        return acceptance(command)
      },
    }
    const other = await startApiServer({ house: waiting })
    const aborting = new AbortController()
    const { authorization } = await other.bearer('ann')
    const request = fetch(`${other.url}/v1/lots/${lotId}/bids`, {
      method: 'POST',
      headers: { ...jsonBody, authorization },
      body: JSON.stringify(bid),
      signal: aborting.signal,
    })
    await waitFor(() => answers.length === 1)
    aborting.abort()
    await expect(request).rejects.toThrow('aborted')

    const halfway = connect(other.port, '127.0.0.1')
    halfway.write('POST /v1/lots HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"half":')
    await waitFor(() => halfway.bytesWritten > 0 && !halfway.connecting)
    halfway.destroy()
    answers[0]?.()

    const alive = await fetch(`${other.url}/healthz`)
    expect(alive.status).toBe(200)
    expect(other.lines).toEqual([])
    other.close()
  })

  test('I12: what breaks inside is told without secrets, to the client and in the log', async () => {
    const canary = 73_313_377
    const broken: AuctionHouse = {
      submit: async (command) => {
        throw Object.assign(new Error('the bus broke'), { command })
      },
    }
    const other = await startApiServer({ house: broken })
    const { authorization } = await other.bearer('ann')
    const url = `${other.url}/v1/lots/${lotId}/bids`
    const response = await post(url, { ...bid, amount: canary }, { authorization })
    const body = await response.clone().text()
    await expectProblem(response, 500, 'internal')
    const told = `${body}\n${other.lines.join('\n')}`
    expect(other.lines).toHaveLength(1)
    expect(told).toContain('the bus broke')
    expect(told).not.toContain(String(canary))
    expect(told).not.toContain(authorization.slice('Bearer '.length))
    expect(body).not.toContain('bus')
    other.close()
  })

  test('while the database is away a request is to be tried again, and fills no log', async () => {
    const gone = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    const broken: AuctionHouse = {
      submit: async () => {
        throw gone
      },
    }
    const other = await startApiServer({ house: broken })
    const { authorization } = await other.bearer('ann')
    const response = await post(`${other.url}/v1/lots/${lotId}/bids`, bid, { authorization })
    expect(response.headers.get('retry-after')).toBe('1')
    await expectProblem(response, 503, 'internal')
    expect(other.lines).toEqual([])
    other.close()
  })
})
