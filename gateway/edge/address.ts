// Whose request it is.
import type { HttpRequest, HttpResponse } from 'uWebSockets.js'

/**
 * The client's address as text. Behind a proxy that is trusted: what the PROXY protocol says, else
 * the last entry of `X-Forwarded-For`, which is the only one our own proxy wrote. To be called
 * before the first await, since `req` is gone after it.
 */
export function clientAddress(res: HttpResponse, req: HttpRequest, trustProxy: boolean): string {
  if (trustProxy) {
    const proxied = text(res.getProxiedRemoteAddressAsText())
    if (proxied !== '') return sharing(proxied)
    const forwarded = req.getHeader('x-forwarded-for').split(',').at(-1)?.trim() ?? ''
    if (forwarded !== '') return sharing(forwarded)
  }
  return sharing(text(res.getRemoteAddressAsText()))
}

const text = (bytes: ArrayBuffer): string => Buffer.from(bytes).toString('latin1')

/** More than a network hides behind, or a balancer in front has. */
const sharedMax = 1_000
const shared = new Map<string, string>()

/** The same text for all who come from one address, 56 bytes a connection, as far as those met lately go. */
function sharing(address: string): string {
  const known = shared.get(address)
  if (known !== undefined) return known
  if (shared.size >= sharedMax) shared.clear()
  shared.set(address, address)
  return address
}
