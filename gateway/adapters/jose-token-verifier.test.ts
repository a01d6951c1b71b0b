import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { createLogger } from '../../platform/log.ts'
import { VirtualClock } from '../../platform/testing/virtual-clock.ts'
import { noonMs } from '../testing/people.ts'
import { createTokenMint } from './jose-token-mint.ts'
import { createTokenVerifier, type TokenVerifierOptions } from './jose-token-verifier.ts'

const secret = 'a secret of the tests, long enough'
const noon = noonMs / 1_000
const claims = { sub: 'ann', exp: noon + 60 }
const lines: string[] = []
const log = createLogger({ name: 'test', destination: { write: (line) => void lines.push(line) } })
let clock = new VirtualClock(noonMs)
beforeEach(() => {
  clock = new VirtualClock(noonMs)
})

const verifier = (options: Partial<TokenVerifierOptions> = {}) =>
  createTokenVerifier({ secret, clock, log, ...options })

async function signed(payload: JWTPayload, key: string | CryptoKey = secret, alg = 'HS256') {
  const bytes = typeof key === 'string' ? new TextEncoder().encode(key) : key
  return await new SignJWT(payload).setProtectedHeader({ alg }).sign(bytes)
}

const base64url = (value: unknown): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url')

describe('a shared secret', () => {
  test('a token tells who somebody is, and until when', async () => {
    const token = await signed({
      ...claims,
      iat: noon - 5,
      roles: ['seller', 'owner', 'admin', 'seller'],
      name: 'Ann',
      deviceId: 'phone',
    })
    expect(await verifier().verify(token)).toEqual({
      valid: true,
      identity: {
        userId: 'ann',
        roles: ['seller', 'admin'],
        name: 'Ann',
        deviceId: 'phone',
        expiresAtMs: noonMs + 60_000,
        issuedAtMs: noonMs - 5_000,
      },
    })
  })

  test('what the mint makes, the verifier takes', async () => {
    const issuer = 'https://market.example'
    const mint = createTokenMint({ secret, clock, issuer, audience: 'outcry' })
    const order = { userId: 'ann', roles: ['service'] as const, ttlMs: 60_000 }
    const { token, expiresAtMs } = await mint.mint(order)
    const strict = verifier({ issuer, audience: 'outcry' })
    expect(await strict.verify(token)).toEqual({
      valid: true,
      identity: { userId: 'ann', roles: ['service'], expiresAtMs, issuedAtMs: noonMs },
    })
  })

  test.each<[string, () => Promise<string> | string]>([
    ['signed with another secret', () => signed(claims, 'another secret, as long as the first')],
    ['unsigned (alg none)', () => `${base64url({ alg: 'none' })}.${base64url(claims)}.`],
    [
      'unsigned (alg NONE) with a signature',
      () => `${base64url({ alg: 'NONE' })}.${base64url(claims)}.AAAA`,
    ],
    ['signed with another algorithm', () => signed(claims, secret.repeat(2), 'HS512')],
    [
      'changed after it was signed',
      async () => {
        const [head, , signature] = (await signed(claims)).split('.')
        return `${head}.${base64url({ ...claims, roles: ['admin'] })}.${signature}`
      },
    ],
    ['of another shape', () => 'x.y.z'],
    ['empty', () => ''],
    ['without an end', () => signed({ sub: 'ann' })],
    ['without a user', () => signed({ exp: claims.exp })],
    ['for a user whose id can be none', () => signed({ ...claims, sub: 'ann:bob' })],
    ['for nobody', () => signed({ ...claims, sub: '' })],
    ['of a device that no table can hold', () => signed({ ...claims, deviceId: 'pho\0ne' })],
    ['not valid yet', () => signed({ ...claims, nbf: noon + 1 })],
    ['for a channel', () => signed({ ...claims, channel: 'user:ann' })],
  ])('a token which is %s is invalid', async (_, make) => {
    const token = await make()
    const verdict = await verifier().verify(token)
    expect(verdict).toMatchObject({ valid: false, fault: 'invalid' })
    if (!verdict.valid && token !== '') expect(verdict.says).not.toContain(token)
  })

  test('the audience and the issuer must be those configured, where any are', async () => {
    const token = await signed({ ...claims, aud: 'other', iss: 'other' })
    expect(await verifier().verify(token)).toMatchObject({ valid: true })
    for (const options of [{ audience: 'outcry' }, { issuer: 'https://market.example' }]) {
      expect(await verifier(options).verify(token)).toMatchObject({ fault: 'invalid' })
      expect(await verifier(options).verify(await signed(claims))).toMatchObject({ valid: false })
    }
    const both = await signed({ ...claims, aud: ['other', 'outcry'] })
    expect(await verifier({ audience: 'outcry' }).verify(both)).toMatchObject({ valid: true })
  })

  test('a token is valid up to its end and expired from then on, remembered or not', async () => {
    const token = await signed(claims)
    const remembering = verifier()
    expect(await remembering.verify(token)).toMatchObject({ valid: true })
    clock.advance(59_999)
    expect(await remembering.verify(token)).toMatchObject({ valid: true })
    clock.advance(1)
    expect(await remembering.verify(token)).toMatchObject({ valid: false, fault: 'expired' })
    expect(await remembering.verify(token)).toMatchObject({ valid: false, fault: 'expired' })
    expect(await verifier().verify(token)).toMatchObject({ valid: false, fault: 'expired' })
  })

  test('a token for a channel names its user and the channel', async () => {
    const subscription = { ...claims, channel: 'user:bob' }
    const token = await signed(subscription)
    expect(await verifier().verifySubscription(token)).toEqual({
      valid: true,
      userId: 'ann',
      channel: 'user:bob',
      expiresAtMs: noonMs + 60_000,
    })
    const late = await signed({ ...subscription, exp: noon })
    expect(await verifier().verifySubscription(late)).toMatchObject({ fault: 'expired' })
    for (const wrong of [claims, { ...claims, channel: 'nothing' }, { ...claims, channel: 7 }]) {
      const refused = await verifier().verifySubscription(await signed(wrong))
      expect(refused).toMatchObject({ valid: false, fault: 'invalid' })
    }
  })
})

describe('published keys', async () => {
  const old = await generateKeyPair('RS256', { extractable: true })
  const fresh = await generateKeyPair('ES256', { extractable: true })
  const edwards = await generateKeyPair('EdDSA', { extractable: true })
  let published: JWK[] = []
  let fetches = 0
  let failing = false
  const server: Server = createServer((_, response) => {
    fetches += 1
    if (failing) response.writeHead(500).end()
    else response.end(JSON.stringify({ keys: published }))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`
  afterAll(() => void server.close())

  const jwk = async (pair: typeof old, kid: string, alg: string): Promise<JWK> => ({
    ...(await exportJWK(pair.publicKey)),
    kid,
    alg,
  })
  const signedBy = async (pair: typeof old, kid: string, alg: string) =>
    await new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(pair.privateKey)
  const byKeys = (options: Partial<TokenVerifierOptions> = {}) =>
    createTokenVerifier({ jwksUrl, jwksCooldownMs: 0, clock, log, ...options })

  beforeEach(async () => {
    published = [await jwk(old, 'k1', 'RS256')]
    failing = false
  })

  test('tokens of each algorithm are verified by the key they name', async () => {
    published = [
      await jwk(old, 'k1', 'RS256'),
      await jwk(fresh, 'k2', 'ES256'),
      await jwk(edwards, 'k3', 'EdDSA'),
    ]
    const verify = byKeys()
    for (const token of [
      await signedBy(old, 'k1', 'RS256'),
      await signedBy(fresh, 'k2', 'ES256'),
      await signedBy(edwards, 'k3', 'EdDSA'),
    ]) {
      expect(await verify.verify(token)).toMatchObject({ valid: true, identity: { userId: 'ann' } })
    }
    const wrongKey = await signedBy(fresh, 'k1', 'ES256')
    expect(await verify.verify(wrongKey)).toMatchObject({ fault: 'invalid' })
  })

  test('the keys are fetched once, and again for a key that is new', async () => {
    const verify = byKeys()
    const before = fetches
    expect(await verify.verify(await signedBy(old, 'k1', 'RS256'))).toMatchObject({ valid: true })
    clock.advance(1)
    expect(await verify.verify(await signed(claims, old.privateKey, 'RS256'))).toMatchObject({
      valid: true,
    })
    expect(fetches).toBe(before + 1)
    published = [await jwk(fresh, 'k2', 'ES256')]
    expect(await verify.verify(await signedBy(fresh, 'k2', 'ES256'))).toMatchObject({ valid: true })
    expect(fetches).toBe(before + 2)
    const retired = await new SignJWT({ ...claims, name: 'late' })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .sign(old.privateKey)
    expect(await verify.verify(retired)).toMatchObject({ fault: 'invalid' })
  })

  test('made-up keys do not make us fetch each time', async () => {
    const verify = byKeys({ jwksCooldownMs: 60_000 })
    const before = fetches
    for (const kid of ['a', 'b', 'c']) {
      const forged = await signedBy(fresh, kid, 'ES256')
      expect(await verify.verify(forged)).toMatchObject({ valid: false, fault: 'invalid' })
    }
    expect(fetches).toBe(before + 1)
  })

  test('the public key is no secret: HS256 signed with it is refused, with a secret beside it or not', async () => {
    const pem = await exportSPKI(old.publicKey)
    const modulus = (await exportJWK(old.publicKey)).n ?? ''
    for (const options of [{}, { secret }]) {
      for (const key of [pem, pem.trim(), modulus]) {
        const token = await new SignJWT(claims)
          .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
          .sign(new TextEncoder().encode(key))
        expect(await byKeys(options).verify(token)).toMatchObject({ fault: 'invalid' })
      }
    }
  })

  test('beside published keys a secret verifies its own tokens', async () => {
    const both = byKeys({ secret })
    expect(await both.verify(await signed(claims))).toMatchObject({ valid: true })
    expect(await both.verify(await signedBy(old, 'k1', 'RS256'))).toMatchObject({ valid: true })
    expect(await byKeys().verify(await signed(claims))).toMatchObject({ fault: 'invalid' })
  })

  test('while the keys can not be had nothing is said about the token', async () => {
    failing = true
    const token = await signedBy(old, 'k1', 'RS256')
    const verify = byKeys()
    expect(await verify.verify(token)).toMatchObject({ valid: false, fault: 'unavailable' })
    const nobodyThere = byKeys({ jwksUrl: 'http://127.0.0.1:1/jwks' })
    expect(await nobodyThere.verify(token)).toMatchObject({ fault: 'unavailable' })
    failing = false
    expect(await verify.verify(token)).toMatchObject({ valid: true })
    expect(lines.join('\n')).not.toContain(token)
  })
})
