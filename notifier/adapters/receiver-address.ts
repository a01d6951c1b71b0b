// Where webhooks may be sent: to public addresses, and to the networks that the operator names. Everything
// else (this machine, the networks behind it, what a cloud tells its machines) is out of reach, since
// whoever registers a webhook must not be able to look around from here.
import ipaddr from 'ipaddr.js'
import type { WebhookReach } from '../config.ts'

type Address = ReturnType<typeof ipaddr.parse>

/** Only the assigned part of IPv6; what lies outside is local, or embeds addresses of IPv4. */
const publicIpv6 = ipaddr.IPv6.parseCIDR('2000::/3')
/** Public by its number, and yet how Azure talks to its machines. */
const ofClouds: readonly string[] = ['168.63.129.16']

/** Below lie mail, shells and the like, none of which is a receiver; these two are. */
const reservedPortsEnd = 1_024
const webPorts: readonly string[] = ['80', '443']

/** What is wrong with a URL before anything is looked up; undefined where nothing is. */
export function urlFault(text: string, reach: WebhookReach): string | undefined {
  if (!URL.canParse(text)) return 'expected an absolute URL'
  const url = new URL(text)
  const schemes = reach.allowHttp ? ['https:', 'http:'] : ['https:']
  if (!schemes.includes(url.protocol)) return 'expected https'
  if (url.username !== '' || url.password !== '') return 'expected no user and no password in it'
  if (url.hash !== '') return 'expected no fragment'
  if (url.port !== '' && Number(url.port) < reservedPortsEnd && !webPorts.includes(url.port)) {
    return `port ${url.port} is no port of a web server`
  }
  const literal = literalAddress(url)
  return literal === undefined ? undefined : addressFault(literal, reach)
}

/** The address that a URL names by its number, in whichever notation: parsing a URL settles that. */
function literalAddress({ hostname }: URL): string | undefined {
  const bare = hostname.replace(/^\[(.*)\]$/u, '$1')
  return ipaddr.isValid(bare) ? bare : undefined
}

/** Why nothing is sent to this IP address; undefined where it may be reached. */
export function addressFault(
  address: string,
  { allowedNetworks }: Pick<WebhookReach, 'allowedNetworks'>,
): string | undefined {
  if (!ipaddr.isValid(address)) return `${address} is no address`
  const parsed = ipaddr.parse(address)
  if (allowedNetworks.some((network) => isWithin(parsed, network))) return undefined
  const isPublic =
    parsed.range() === 'unicast' &&
    !ofClouds.includes(parsed.toString()) &&
    (parsed.kind() === 'ipv4' || isWithinParsed(parsed, publicIpv6))
  return isPublic ? undefined : `${address} is not a public address`
}

function isWithin(address: Address, network: string): boolean {
  return isWithinParsed(address, ipaddr.parseCIDR(network))
}

/** An address of IPv4 is in no network of IPv6, nor the other way round. */
function isWithinParsed(address: Address, network: [Address, number]): boolean {
  return address.kind() === network[0].kind() && address.match(network)
}
