import { ErrorCode, NatsError } from 'nats'
import { describe, expect, test } from 'vitest'
import { Failure } from '../failure.ts'
import { explainNats, tooOld } from './nats-explain.ts'

const place = 'n1:4222, n2:4222'

describe('what keeps us from NATS', () => {
  test.each([
    [ErrorCode.AuthorizationViolation, 'NATS at n1:4222, n2:4222 refuses the credentials'],
    [ErrorCode.AuthenticationTimeout, 'refuses the credentials'],
    [ErrorCode.ConnectionRefused, 'nothing listens there'],
    [ErrorCode.Timeout, 'nothing answers there'],
    ['ENOTFOUND', 'its name leads nowhere'],
    [ErrorCode.ServerOptionNotAvailable, 'do not agree about TLS'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'shows a certificate that is not trusted'],
    ['EPROTO', 'cannot be reached at n1:4222, n2:4222: what the system said'],
  ])('%s is one sentence and a hint', (code, sentence) => {
    const failure = explainNats(new NatsError('what the system said', code), place)
    expect(failure.message).toContain(sentence)
    expect(failure.message).toMatch(/^NATS [^.]*\.$/u)
    expect(failure.hint).not.toBe('')
  })

  test('what is explained already stays as it is', () => {
    const failure = new Failure('It is so.')
    expect(explainNats(failure, place)).toBe(failure)
  })

  test.each(['2.9.0', '2.9.10', '2.10.3', '2.12.1-preview', '3.0.0'])('%s will do', (version) => {
    expect(tooOld(version, place)).toBeUndefined()
  })

  test.each(['2.8.4', '1.4.1', '0.9.6', ''])('"%s" is too old', (version) => {
    expect(tooOld(version, place)?.hint).toBe('Use nats-server 2.9 or newer.')
  })
})
