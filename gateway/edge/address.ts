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
    if (proxied !== '') return proxied
    const forwarded = req.getHeader('x-forwarded-for').split(',').at(-1)?.trim() ?? ''
    if (forwarded !== '') return forwarded
  }
  return text(res.getRemoteAddressAsText())
}

const text = (bytes: ArrayBuffer): string => Buffer.from(bytes).toString('latin1')
