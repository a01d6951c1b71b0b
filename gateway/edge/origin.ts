// Under which address a client found this gateway.
import type { HttpRequest } from 'uWebSockets.js'

/** Behind a trusted proxy the scheme is the proxy's. */
export interface OriginOptions {
  /** Whether TLS ends here. */
  readonly secure: boolean
  readonly trustProxy: boolean
}

/** Nearly all clients use the same few; beyond that somebody makes them up. */
const sharedMax = 1_000

/**
 * Makes a function that tells scheme and host of a request, as `https://chat.example:8443`; undefined where
 * the client names no host. All who name the same share one string. To be called before the first await.
 */
export function createOriginOf({
  secure,
  trustProxy,
}: OriginOptions): (req: HttpRequest) => string | undefined {
  const shared = new Map<string, string>()
  return (req) => {
    const host = req.getHeader('host')
    if (!/^[\w.:[\]-]{1,255}$/.test(host)) return undefined
    const isSecure = secure || (trustProxy && req.getHeader('x-forwarded-proto') === 'https')
    const origin = `${isSecure ? 'https' : 'http'}://${host}`
    const known = shared.get(origin)
    if (known !== undefined) return known
    if (shared.size < sharedMax) shared.set(origin, origin)
    return origin
  }
}
