// Answers that are the same for everybody and change with the version only: made once, kept in memory,
// sent compressed to whoever takes that, and not sent again to whoever has them.
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { HttpResponse } from '../../ports/http.ts'
import type { ResourceRequest } from './resource.ts'

const compressed = promisify(gzip)

interface Made {
  readonly plain: Uint8Array
  readonly zipped: Uint8Array
  readonly etag: string
}

/**
 * Answers with what `make` makes, which is called once, when it is first asked for; again where it failed.
 * @param headers of each answer, `content-type` among them.
 */
export function cacheable(
  headers: Readonly<Record<string, string>>,
  make: () => Promise<Uint8Array>,
): (request: Pick<ResourceRequest, 'headers'>) => Promise<HttpResponse> {
  let making: Promise<Made> | undefined
  return async (request) => {
    making ??= made(make)
    const { plain, zipped, etag } = await making.catch((cause: unknown) => {
      making = undefined
      throw cause
    })
    const shared = {
      // Asked again each time, and answered by a 304 while the version is the same.
      'cache-control': 'no-cache',
      vary: 'Origin, Accept-Encoding',
      ...headers,
      etag,
    }
    if (names(request.headers.get('if-none-match'), etag)) return { status: 304, headers: shared }
    if (!takesGzip(request.headers.get('accept-encoding'))) {
      return { status: 200, headers: shared, body: plain }
    }
    return { status: 200, headers: { ...shared, 'content-encoding': 'gzip' }, body: zipped }
  }
}

async function made(make: () => Promise<Uint8Array>): Promise<Made> {
  const plain = await make()
  const digest = createHash('sha256').update(plain).digest('base64url')
  // Weak: the bytes on the wire differ by their encoding.
  return { plain, zipped: await compressed(plain), etag: `W/"${digest.slice(0, 22)}"` }
}

function names(ifNoneMatch: string | undefined, etag: string): boolean {
  const known = ifNoneMatch?.split(',').map((one) => one.trim()) ?? []
  return known.some((one) => one === '*' || one.replace(/^W\//, '') === etag.replace(/^W\//, ''))
}

function takesGzip(acceptEncoding: string | undefined): boolean {
  const codings = acceptEncoding?.split(',').map((coding) => coding.trim().toLowerCase()) ?? []
  return codings.some((coding) =>
    /^gzip(?:;q=(?!0(?:\.0*)?$).*)?$/.test(coding.replaceAll(' ', '')),
  )
}
