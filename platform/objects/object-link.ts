// Links to a folder's objects that the gateway serves itself: what may be done, with which key, until
// when, and a signature over all of it (HMAC-SHA256). Whoever has the link may do that, and only that.
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { assert } from '../assert.ts'
import { isObjectKey, type SentAs } from './object-store.ts'

/** What a link allows. */
export type ObjectLink = { readonly key: string; readonly expiresAtMs: number } & (
  | { readonly method: 'PUT'; readonly bytes: number; readonly contentType: string }
  | ({ readonly method: 'GET' } & SentAs)
)

/** `forged`: not signed by us, or not what we signed. */
export type LinkFault = 'forged' | 'expired'

export interface LinkSigner {
  /** The path, with the query that proves it. */
  sign(link: ObjectLink): string
  /**
   * What a request's link allows. `HEAD` is allowed where `GET` is.
   * @param query without the question mark
   */
  read(method: string, path: string, query: string, nowMs: number): ObjectLink | LinkFault
}

const objectsPath = '/objects/'

/** The order in which the fields are signed. */
const fields = {
  PUT: ['expires', 'bytes', 'type'],
  GET: ['expires', 'name', 'type', 'as'],
} as const

/** @param secret of the deployment; links have a key of their own, derived from it */
export function createLinkSigner(secret: string): LinkSigner {
  const linkKey = Buffer.from(hkdfSync('sha256', secret, '', 'outcry object links 1', 32))

  /** As JSON, so that no field can pass for a part of another. */
  const signatureOf = (method: keyof typeof fields, key: string, query: URLSearchParams): Buffer =>
    createHmac('sha256', linkKey)
      .update(JSON.stringify([method, key, ...fields[method].map((name) => query.get(name))]))
      .digest()

  return {
    sign(link) {
      assert(isObjectKey(link.key), 'a link leads to a key')
      const query = queryOf(link)
      query.set('signature', signatureOf(link.method, link.key, query).toString('base64url'))
      return `${objectsPath}${link.key}?${query.toString()}`
    },
    read(asked, path, queryText, nowMs) {
      const method = asked === 'HEAD' ? 'GET' : asked
      const key = path.slice(objectsPath.length)
      if (method !== 'PUT' && method !== 'GET') return 'forged'
      if (!path.startsWith(objectsPath) || !isObjectKey(key)) return 'forged'
      const query = new URLSearchParams(queryText)
      const expected = signatureOf(method, key, query)
      const given = Buffer.from(query.get('signature') ?? '', 'base64url')
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'forged'
      const link = linkOf(method, key, query)
      return link.expiresAtMs <= nowMs ? 'expired' : link
    },
  }
}

function queryOf(link: ObjectLink): URLSearchParams {
  const query = new URLSearchParams({ expires: String(link.expiresAtMs), type: link.contentType })
  if (link.method === 'PUT') {
    query.set('bytes', String(link.bytes))
  } else {
    query.set('name', link.fileName)
    query.set('as', link.disposition)
  }
  return query
}

/** Only of what was signed here, so every field is there and is what it should be. */
function linkOf(method: 'PUT' | 'GET', key: string, query: URLSearchParams): ObjectLink {
  const text = (name: string): string => query.get(name) ?? ''
  const common = { key, expiresAtMs: Number(text('expires')), contentType: text('type') }
  if (method === 'PUT') return { ...common, method, bytes: Number(text('bytes')) }
  const disposition = text('as') === 'inline' ? 'inline' : 'attachment'
  return { ...common, method, fileName: text('name'), disposition }
}
