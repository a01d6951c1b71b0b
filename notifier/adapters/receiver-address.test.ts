// Where webhooks may be sent, and where not, however the address is written.
import { assert, nat, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { WebhookReach } from '../config.ts'
import { addressFault, urlFault } from './receiver-address.ts'

const publicOnly: WebhookReach = { allowedNetworks: [], allowHttp: false }

describe('an address', () => {
  test.each([
    ['loopback', '127.0.0.1', '127.255.255.254', '::1'],
    ['private', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fd12::1'],
    ['link-local', '169.254.0.1', 'fe80::1', 'fe80::1%eth0', 'fec0::1'],
    ['metadata of clouds', '169.254.169.254', 'fd00:ec2::254', '100.100.100.200', '192.0.0.192'],
    ['Azure’s own', '168.63.129.16'],
    ['shared by carriers', '100.64.0.1', '100.127.255.255'],
    ['unspecified', '0.0.0.0', '0.1.2.3', '::'],
    ['multicast and broadcast', '224.0.0.1', '239.1.1.1', '255.255.255.255', 'ff02::1'],
    ['reserved', '240.0.0.1', '192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1'],
    ['documentation', '2001:db8::1', '3fff::1'],
    ['IPv4 within IPv6', '::ffff:8.8.8.8', '::ffff:127.0.0.1', '::7f00:1', '::ffff:0:7f00:1'],
    ['NAT64', '64:ff9b::10.0.0.1', '64:ff9b:1::10.0.0.1'],
    ['6to4 and Teredo', '2002:7f00:1::', '2001::1'],
    ['not assigned', '4000::1', '100::1', '5f00::1'],
  ])('that is %s is out of reach', (_, ...addresses) => {
    for (const address of addresses) {
      expect(addressFault(address, publicOnly), address).toContain('not a public address')
    }
  })

  test.each(['8.8.8.8', '1.1.1.1', '93.184.216.34', '2606:4700::1111', '2a00:1450:4001::200e'])(
    '%s is public',
    (address) => {
      expect(addressFault(address, publicOnly)).toBeUndefined()
    },
  )

  test('of a network that the operator names may be reached, and no other of its kind', () => {
    const reach = { allowedNetworks: ['10.2.0.0/16', 'fd12::/32'] }
    expect(addressFault('10.2.3.4', reach)).toBeUndefined()
    expect(addressFault('fd12::5', reach)).toBeUndefined()
    expect(addressFault('10.3.0.1', reach)).toBeDefined()
    expect(addressFault('fd13::5', reach)).toBeDefined()
    expect(addressFault('::ffff:10.2.3.4', reach)).toBeDefined()
  })

  test('that is none has a fault too', () => {
    expect(addressFault('example.com', publicOnly)).toBe('example.com is no address')
  })
})

describe('a URL', () => {
  test('with a private address is out of reach in whichever notation', () => {
    const octet = nat(255)
    assert(
      property(octet, octet, octet, nat(4), (two, three, four, notation) => {
        const whole = 10 * 2 ** 24 + two * 2 ** 16 + three * 2 ** 8 + four
        const host = [
          `10.${two}.${three}.${four}`,
          String(whole),
          `0x${whole.toString(16)}`,
          `0${whole.toString(8)}`,
          `012.${two}.${three * 256 + four}`,
        ][notation]
        const fault = urlFault(`https://${host}/hook`, publicOnly)
        expect(fault).toBe(`10.${two}.${three}.${four} is not a public address`)
      }),
    )
  })

  test.each([
    ['https://１２７.0.0.1/', '127.0.0.1 is not a public address'],
    ['https://127.0.0.1./', '127.0.0.1 is not a public address'],
    ['https://[::ffff:7f00:1]/', '::ffff:7f00:1 is not a public address'],
    ['http://example.com/', 'expected https'],
    ['HTTPS://example.com/#part', 'expected no fragment'],
    ['https://user@example.com/', 'expected no user and no password in it'],
    ['https://:password@example.com/', 'expected no user and no password in it'],
    ['file:///etc/passwd', 'expected https'],
    ['gopher://example.com/', 'expected https'],
    ['https://example.com:22/', 'port 22 is no port of a web server'],
    ['//example.com', 'expected an absolute URL'],
    ['', 'expected an absolute URL'],
  ])('%j is refused: %s', (url, fault) => {
    expect(urlFault(url, publicOnly)).toBe(fault)
  })

  test.each([
    'https://example.com/hook?from=outcry',
    'https://example.com:8443/',
    'https://8.8.8.8/',
  ])('%s will do', (url) => {
    expect(urlFault(url, publicOnly)).toBeUndefined()
  })

  test('may go by http where that is allowed', () => {
    expect(urlFault('http://example.com/', { ...publicOnly, allowHttp: true })).toBeUndefined()
  })
})
