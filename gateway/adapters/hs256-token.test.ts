import { createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import { errors, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { algorithmOf, createHs256Check, faultyClaim } from './hs256-token.ts'

const secret = 'a secret of the tests, long enough'
const nowSeconds = 1_800_000_000
const rules = { issuer: 'https://market.example', audience: 'outcry' }
const payloadOf = createHs256Check(secret)

const base64url = (text: string): string => Buffer.from(text).toString('base64url')

function signed(header: unknown, claims: unknown): string {
  const content = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}`
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`
}

/** What jose says: `signature` stands for all that is wrong with a token besides its claims. */
async function joseFinds(token: string): Promise<string | undefined> {
  try {
    await jwtVerify(token, new TextEncoder().encode(secret), {
      ...rules,
      algorithms: ['HS256'],
      requiredClaims: ['exp', 'sub'],
      currentDate: new Date(nowSeconds * 1_000),
    })
    return undefined
  } catch (error) {
    const isClaim =
      error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired
    return isClaim ? 'claim' : 'signature'
  }
}

function weFind(token: string): string | undefined {
  const payload = payloadOf(token)
  if (payload === undefined) return 'signature'
  return faultyClaim(payload, rules, nowSeconds * 1_000) === undefined ? undefined : 'claim'
}

const aboutNow = fc.integer({ min: nowSeconds - 2, max: nowSeconds + 2 })
const odd = fc.constantFrom<unknown>('', 'ann', null, [], {}, -1, 0.5)
const claims = fc.record(
  {
    sub: fc.constantFrom('ann', 'bob'),
    exp: fc.oneof({ weight: 6, arbitrary: fc.constant(nowSeconds + 60) }, aboutNow, odd),
    nbf: fc.oneof(aboutNow, odd),
    iat: fc.oneof({ weight: 4, arbitrary: aboutNow }, odd),
    iss: fc.oneof({ weight: 8, arbitrary: fc.constant(rules.issuer) }, odd),
    aud: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom<unknown>('outcry', ['a', 'outcry']) },
      odd,
    ),
  },
  { requiredKeys: ['sub'] },
)
const header = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom<unknown>({ alg: 'HS256' }, { alg: 'HS256', typ: 'JWT' }),
  },
  fc.constantFrom<unknown>(
    { alg: 'none' },
    { alg: 'HS512' },
    { alg: 'HS256', crit: ['exp'] },
    { alg: 'HS256', crit: 'b64' },
    {},
    [],
    null,
  ),
)

describe('a token signed with a shared secret', () => {
  test('is judged as jose judges it', async () => {
    await fc.assert(
      fc.asyncProperty(header, claims, async (head, said) => {
        const token = signed(head, said)
        expect(weFind(token)).toBe(await joseFinds(token))
      }),
      { numRuns: 500 },
    )
  })

  test('holds in no other spelling', () => {
    const token = signed({ alg: 'HS256' }, { sub: 'ann', exp: nowSeconds + 60 })
    expect(payloadOf(token)).toMatchObject({ sub: 'ann' })
    fc.assert(
      fc.property(
        fc.nat(token.length - 1),
        fc.constantFrom('A', 'z', '0', '-', '_', '=', '+', '.', ' ', '\n'),
        (at, other) => {
          // The last character holds four bits that count and two that do not.
          fc.pre(token[at] !== other && at < token.length - 1)
          expect(payloadOf(token.slice(0, at) + other + token.slice(at + 1))).toBeUndefined()
        },
      ),
    )
    for (const text of ['', '.', '..', `${token}.`, `${token}=`, ` ${token}`, `${token}\n`]) {
      expect(payloadOf(text)).toBeUndefined()
    }
  })

  test('holds an object, or nothing', () => {
    for (const value of [null, [], 'ann', 7]) {
      expect(payloadOf(signed({ alg: 'HS256' }, value))).toBeUndefined()
    }
  })

  test('tells its algorithm, and whatever is no token tells none', () => {
    expect(algorithmOf(signed({ alg: 'ES256' }, {}))).toBe('ES256')
    for (const text of [
      '',
      'x',
      '.',
      'x.y.z',
      `${base64url('{"alg":7}')}..`,
      `${base64url('7')}..`,
    ]) {
      expect(algorithmOf(text)).toBeUndefined()
    }
  })
})
