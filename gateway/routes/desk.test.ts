import { describe, expect, test } from 'vitest'
import { createMemoryLimits } from '../../platform/limits/memory-limits.ts'
import { createLogger } from '../../platform/log.ts'
import { createMemoryPresence } from '../../platform/presence/memory-presence.ts'
import { VirtualClock } from '../../platform/testing/virtual-clock.ts'
import { lotChannel, parseChannel, userChannel } from '../../protocol/channels.ts'
import { PROTOCOL_ERRORS, type ProtocolErrorName } from '../../protocol/errors.ts'
import { RATES } from '../limits.ts'
import type { AuctionHouse } from '../ports/auction-house.ts'
import type { Desk } from '../ports/desk.ts'
import type { LotBook, StreamRange } from '../ports/lot-book.ts'
import type { TokenVerifier } from '../ports/token-verifier.ts'
import type { UserFeed } from '../ports/user-feed.ts'
import { callsOn } from '../testing/calls.ts'
import { chatBookOf } from '../testing/conversations.ts'
import { bidId, bookOf, draftId, houseOf, lotId, lotView, refusing } from '../testing/lots.ts'
import { caller, identity, nobody, noonMs } from '../testing/people.ts'
import { ownRevocations } from '../testing/revocations.ts'
import { createChannelRoutes } from './channels.ts'
import { createConversationDoor } from './conversation-door.ts'
import { createDesk } from './desk.ts'
import { createIdentify } from './identify.ts'
import { createLotVisibility } from './visible-lot.ts'

const streamEpoch = 'e1'
const presence = createMemoryPresence()
const revocations = ownRevocations()

/** Tokens of the tests: `ann` is Ann's, `late` has expired, `down` can not be verified; subscriptions are `user channel`. */
const verifier: TokenVerifier = {
  verify: async (token) => {
    if (token === 'late') return { valid: false, fault: 'expired', says: 'expired' }
    if (token === 'down') return { valid: false, fault: 'unavailable', says: 'no keys' }
    if (token === 'forged') return { valid: false, fault: 'invalid', says: 'forged' }
    return { valid: true, identity: identity(token, 'seller') }
  },
  verifySubscription: async (token) => {
    const [userId, of] = token.split(' ')
    if (token === 'late') return { valid: false, fault: 'expired', says: 'expired' }
    if (userId === undefined || of === undefined) {
      return { valid: false, fault: 'invalid', says: 'forged' }
    }
    return { valid: true, userId, channel: of, expiresAtMs: noonMs + 60_000 }
  },
}

interface Setup {
  readonly house?: AuctionHouse
  readonly book?: LotBook
  readonly feed?: UserFeed
  readonly anonymous?: 'watch' | 'deny'
  readonly lines?: string[]
}

function desk(setup: Setup = {}): Desk {
  const { house = houseOf(), book = bookOf(), anonymous = 'watch', lines = [] } = setup
  const feed = setup.feed ?? { head: async () => 0, notifications: async () => [] }
  const clock = new VirtualClock(noonMs)
  const limits = createMemoryLimits(RATES)
  const chatBook = chatBookOf()
  const maySee = createLotVisibility(book)
  return createDesk({
    identify: createIdentify({ verifier, revocations, anonymous }),
    channels: createChannelRoutes({
      maySee,
      book,
      feed,
      door: createConversationDoor({ chatBook, maySeeLot: maySee }),
      chatBook,
      chatAir: { say: () => {} },
      limits,
      clock,
      presence,
      verifier,
      streamEpoch,
    }),
    callMethod: callsOn({ house, book, limits, clock }),
    clock,
    log: createLogger({ name: 'test', destination: { write: (line) => void lines.push(line) } }),
  })
}

const codeOf = (name: ProtocolErrorName): number => PROTOCOL_ERRORS[name].code
const error = (name: ProtocolErrorName) => ({ error: { code: codeOf(name) } })

function channel(name: string) {
  const parsed = parseChannel(name)
  if (parsed === undefined) throw new Error(`${name} is no channel`)
  return parsed
}

async function unreachable(): Promise<never> {
  throw new Error('the database is away')
}

const ann = caller(identity('ann'))
const seller = caller(identity('sel'))

describe('admit', () => {
  test('a valid token tells who it is, the server’s time and the limits', async () => {
    expect(await desk().admit('ann', '192.0.2.1')).toMatchObject({
      admitted: true,
      identity: { userId: 'ann' },
      data: { serverTime: noonMs, roles: ['seller'], limits: { frameBytes: 65_536 } },
    })
  })

  test.each([[undefined], ['']])(
    'without a token (%j) a watcher is let in, if any are',
    async (token) => {
      expect(await desk().admit(token, '192.0.2.1')).toMatchObject({
        admitted: true,
        identity: undefined,
        data: { roles: [] },
      })
      const denied = await desk({ anonymous: 'deny' }).admit(token, '192.0.2.1')
      expect(denied).toMatchObject({ admitted: false, ...error('unauthorized') })
    },
  )

  test('an expired token may be replaced, a forged one ends the connection', async () => {
    const late = await desk().admit('late', '192.0.2.1')
    expect(late).toMatchObject({ admitted: false, ...error('token_expired') })
    const forged = await desk().admit('forged', '192.0.2.1')
    expect(forged).toEqual({ admitted: false, close: 'invalid_token' })
  })

  test('a token that can not be verified just now may be tried again', async () => {
    const down = await desk().admit('down', '192.0.2.1')
    expect(down).toMatchObject({ admitted: false, error: { code: 100, temporary: true } })
  })

  test('a revoked token ends the connection', async () => {
    revocations.post({ userId: 'eve', beforeMs: noonMs })
    const admission = await desk().admit('eve', '192.0.2.1')
    expect(admission).toEqual({ admitted: false, close: 'force_disconnect' })
  })
})

describe('maySubscribe', () => {
  test('anybody may watch a lot; a draft and a lot that is not there are unknown alike', async () => {
    const open = desk()
    expect(await open.maySubscribe(nobody, channel(lotChannel(lotId)), undefined)).toBeUndefined()
    const draft = await open.maySubscribe(ann, channel(lotChannel(draftId)), undefined)
    const missing = await open.maySubscribe(ann, channel(lotChannel(bidId)), undefined)
    expect(draft).toMatchObject({ code: codeOf('unknown_channel') })
    expect(missing).toEqual(draft)
    expect(await open.maySubscribe(seller, channel(lotChannel(draftId)), undefined)).toBeUndefined()
  })

  test('a lot is read for the first who subscribes, a draft each time: it may have been published', async () => {
    const read: string[] = []
    let view = lotView({ state: 'draft', seq: 0 })
    const book = bookOf({
      lot: async (id) => {
        read.push(id)
        return { sellerId: 'sel', view, bids: [] }
      },
    })
    const open = desk({ book })
    const lot = channel(lotChannel(lotId))
    expect(await open.maySubscribe(ann, lot, undefined)).toMatchObject({ code: 102 })
    view = lotView({ state: 'scheduled', seq: 1 })
    expect(await open.maySubscribe(ann, lot, undefined)).toBeUndefined()
    expect(await open.maySubscribe(nobody, lot, undefined)).toBeUndefined()
    expect(read).toHaveLength(2)
  })

  test('a draft that was withdrawn stays as unknown as it was', async () => {
    const view = lotView({ state: 'withdrawn', seq: 0 })
    const open = desk({ book: bookOf({ lot: async () => ({ sellerId: 'sel', view, bids: [] }) }) })
    const lot = channel(lotChannel(lotId))
    expect(await open.maySubscribe(ann, lot, undefined)).toMatchObject({ code: 102 })
    expect(await open.maySubscribe(seller, lot, undefined)).toBeUndefined()
  })

  test('a feed is its user’s own', async () => {
    const open = desk()
    const feed = channel(userChannel('ann'))
    expect(await open.maySubscribe(ann, feed, undefined)).toBeUndefined()
    const denied = { code: codeOf('permission_denied') }
    expect(await open.maySubscribe(seller, feed, undefined)).toMatchObject(denied)
    expect(await open.maySubscribe(nobody, feed, undefined)).toMatchObject(denied)
    const admin = caller(identity('adm', 'admin', 'service', 'moderator'))
    expect(await open.maySubscribe(admin, feed, undefined)).toMatchObject(denied)
  })

  test('a subscription token opens the channel it names to the user it names', async () => {
    const open = desk()
    const feed = channel(userChannel('ann'))
    const draft = channel(lotChannel(draftId))
    expect(await open.maySubscribe(seller, feed, 'sel user:ann')).toBeUndefined()
    expect(await open.maySubscribe(ann, draft, `ann ${draft.name}`)).toBeUndefined()
    const denied = { code: codeOf('permission_denied') }
    expect(await open.maySubscribe(seller, feed, 'bob user:ann')).toMatchObject(denied)
    expect(await open.maySubscribe(seller, feed, 'sel user:bob')).toMatchObject(denied)
    expect(await open.maySubscribe(seller, feed, 'forged')).toMatchObject(denied)
    expect(await open.maySubscribe(nobody, feed, 'undefined user:ann')).toMatchObject(denied)
    const late = await open.maySubscribe(seller, feed, 'late')
    expect(late).toMatchObject({ code: codeOf('token_expired') })
  })

  test('a bad subscription token takes no right away', async () => {
    expect(await desk().maySubscribe(ann, channel(userChannel('ann')), 'forged')).toBeUndefined()
  })
})

describe('history', () => {
  const asked: StreamRange[] = []
  const publications = [1, 2].map((seq) => ({
    seq,
    publication: { type: 'lot_updated' as const, lot: lotView({ seq }) },
  }))
  const withHistory = desk({
    book: bookOf({
      publications: async (_, range) => {
        asked.push(range)
        return publications
      },
    }),
    feed: {
      head: async () => 7,
      notifications: async () => [{ seq: 7, type: 'outbid', at: noonMs }],
    },
  })
  const name = lotChannel(lotId)

  test('a lot’s publications come with their offsets and the head of the stream', async () => {
    const answer = await withHistory.history(nobody, { channel: name, limit: 10 })
    expect(answer).toMatchObject({ result: { epoch: streamEpoch, offset: 2 } })
    expect(answer).toHaveProperty('result.publications[1].offset', 2)
  })

  test('no limit asks for the position only', async () => {
    const answer = await withHistory.history(nobody, { channel: name })
    expect(answer).toEqual({ result: { publications: [], epoch: streamEpoch, offset: 2 } })
  })

  test('at most 300 come at once, from where the client was and in the order it asked for', async () => {
    const since = { offset: 9, epoch: streamEpoch }
    await withHistory.history(nobody, { channel: name, limit: 1_000, since, reverse: true })
    expect(asked.at(-1)).toEqual({ from: 9, limit: 300, reverse: true })
  })

  test('a position of another epoch can not be recovered', async () => {
    const since = { offset: 1, epoch: 'e0' }
    const answer = await withHistory.history(nobody, { channel: name, limit: 1, since })
    expect(answer).toMatchObject(error('unrecoverable_position'))
  })

  test('a feed’s history is its user’s own', async () => {
    const own = await withHistory.history(ann, { channel: 'user:ann', limit: 1 })
    expect(own).toMatchObject({ result: { offset: 7, publications: [{ offset: 7 }] } })
    const other = await withHistory.history(seller, { channel: 'user:ann', limit: 1 })
    expect(other).toMatchObject(error('permission_denied'))
  })

  test.each([[lotChannel(draftId)], [lotChannel(bidId)], ['lot:x'], ['chat:1'], ['nothing']])(
    '%s is unknown',
    async (unknown) => {
      const answer = await withHistory.history(ann, { channel: unknown, limit: 1 })
      expect(answer).toMatchObject(error('unknown_channel'))
      const stats = await withHistory.presenceStats(ann, { channel: unknown })
      expect(stats).toMatchObject(error('unknown_channel'))
    },
  )
})

/** Who the presence of the tests tells of: two users and somebody without a token. */
const named = (first: string, second: string) => ({
  result: {
    presence: {
      c1: { client: 'c1', user: first },
      c2: { client: 'c2', user: second },
      c3: { client: 'c3', user: '' },
    },
  },
})

describe('presence', () => {
  const name = lotChannel(lotId)
  presence.join(name, { client: 'c1', user: 'ann' })
  presence.join(name, { client: 'c2', user: 'bob' })
  presence.join(name, { client: 'c3', user: '' })

  test('a bidder sees its own name and nobody else’s; the house sees all', async () => {
    expect(await desk().presence(ann, { channel: name })).toEqual(named('ann', ''))
    const auctioneer = caller(identity('auc', 'auctioneer'))
    expect(await desk().presence(auctioneer, { channel: name })).toEqual(named('ann', 'bob'))
  })

  test('who has no token sees how many are there, and not who', async () => {
    const open = desk()
    expect(await open.presence(nobody, { channel: name })).toMatchObject(error('permission_denied'))
    const stats = await open.presenceStats(nobody, { channel: name })
    expect(stats).toEqual({ result: { num_clients: 3, num_users: 3 } })
  })
})

test('no client publishes on a channel', async () => {
  const open = desk()
  const service = caller(identity('svc', 'service', 'admin'))
  for (const who of [nobody, ann, service]) {
    for (const name of [lotChannel(lotId), 'user:ann']) {
      const answer = await open.publish(who, { channel: name, data: {} })
      expect(answer).toMatchObject(error('permission_denied'))
    }
  }
  const unknown = await open.publish(ann, { channel: 'chat:1', data: {} })
  expect(unknown).toMatchObject(error('unknown_channel'))
})

describe('rpc', () => {
  const bid = { lotId, clientBidId: bidId, amount: 5_000, currency: 'USD' }

  test.each([['lot.destroy'], ['constructor'], ['__proto__'], ['toString']])(
    '%s is no method',
    async (method) => {
      expect(await desk().rpc(ann, { method })).toMatchObject(error('method_not_found'))
    },
  )

  test('a refused bid is an answer', async () => {
    const answer = await desk({ house: houseOf(refusing('bid_too_low')) }).rpc(ann, {
      method: 'bid.place',
      data: bid,
    })
    expect(answer).toMatchObject({ result: { data: { outcome: 'refused', code: 'bid_too_low' } } })
  })

  test('a right that only the engine could deny is error 103', async () => {
    const answer = await desk({ house: houseOf(refusing('not_permitted')) }).rpc(ann, {
      method: 'bid.place',
      data: bid,
    })
    expect(answer).toMatchObject(error('permission_denied'))
  })

  test('a wrong parameter is error 107 and is named', async () => {
    const answer = await desk().rpc(ann, { method: 'bid.place', data: { ...bid, amount: 'all' } })
    expect(answer).toEqual({
      error: { code: 107, message: 'bad request: amount: expected number, received string' },
    })
  })

  test('I12: what breaks inside reaches neither the client nor, with secrets, the log', async () => {
    const canary = 73_313_377
    const lines: string[] = []
    const house: AuctionHouse = {
      submit: async (command) => {
        throw Object.assign(new Error('the bus broke'), { command, yourMax: canary })
      },
    }
    const answer = await desk({ house, lines }).rpc(ann, {
      method: 'bid.place',
      data: { ...bid, amount: canary },
    })
    expect(answer).toEqual({
      error: { code: 100, message: 'internal server error', temporary: true },
    })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('the bus broke')
    expect(lines.join()).not.toContain(String(canary))
  })

  test('a failing store is error 100 for every question, and never a throw', async () => {
    const broken = desk({ book: bookOf({ lot: unreachable }) })
    const name = lotChannel(lotId)
    expect(await broken.maySubscribe(ann, channel(name), undefined)).toMatchObject({ code: 100 })
    const params = { channel: name, limit: 1 }
    expect(await broken.history(ann, params)).toMatchObject(error('internal'))
    expect(await broken.presence(ann, params)).toMatchObject(error('internal'))
    expect(await broken.presenceStats(ann, params)).toMatchObject(error('internal'))
    const rpc = await broken.rpc(ann, { method: 'lot.get', data: { lotId } })
    expect(rpc).toMatchObject(error('internal'))
  })
})
