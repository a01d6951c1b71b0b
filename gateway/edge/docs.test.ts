// The pages about the API, as anybody's browser gets them.

import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { startApiServer } from './testing/api-server.ts'

let ready = true
const api = await startApiServer({ anonymous: 'deny', ready: () => ready })
afterAll(() => api.close())
afterEach(() => {
  ready = true
})
const at = (path: string, headers: Record<string, string> = {}) =>
  fetch(api.url + path, { headers })

/** The style of the viewer as it is on the wire; `fetch` would unpack it. */
async function raw(encoding: string): Promise<{ encoding: string | undefined; bytes: Buffer }> {
  const headers = { 'accept-encoding': encoding }
  const asked = get(`${api.url}/docs/swagger-ui.css`, { headers })
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  const bytes = Buffer.concat(await response.toArray())
  return { encoding: response.headers['content-encoding'], bytes }
}

describe('the pages about the API', () => {
  test.each([
    ['/docs', 'text/html; charset=utf-8'],
    ['/docs/protocol', 'text/html; charset=utf-8'],
    ['/docs/swagger-ui.css', 'text/css; charset=utf-8'],
    ['/docs/swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
    ['/docs/viewer.js', 'text/javascript; charset=utf-8'],
    ['/docs/page.css', 'text/css; charset=utf-8'],
    ['/docs/favicon-32x32.png', 'image/png'],
    ['/v1/openapi.json', 'application/json'],
  ])('%s needs no token, even where watching needs one', async (path, type) => {
    const response = await at(path)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe(type)
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(50)
  })

  test('name each other, the description and nothing of another server', async () => {
    for (const path of ['/docs', '/docs/protocol']) {
      const html = await (await at(path)).text()
      const links = [...html.matchAll(/(?:href|src)="([^"#]*)"/g)].map(([, link = '']) => link)
      expect(links.length).toBeGreaterThan(2)
      for (const link of links) {
        const url = new URL(link, api.url + path)
        expect(url.origin).toBe(api.url)
        expect((await fetch(url)).status).toBe(200)
      }
    }
  })

  test('may load what is theirs and no more', async () => {
    for (const path of ['/docs', '/docs/protocol']) {
      const policy = (await at(path)).headers.get('content-security-policy') ?? ''
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toContain('unsafe')
      expect(policy).not.toContain('http')
    }
  })

  test('are not sent again to who has them', async () => {
    const first = await at('/docs/page.css')
    const etag = first.headers.get('etag') ?? ''
    expect(first.headers.get('cache-control')).toBe('no-cache')
    for (const known of [etag, `"other", ${etag}`, etag.replace('W/', ''), '*']) {
      const again = await at('/docs/page.css', { 'if-none-match': known })
      expect(again.status).toBe(304)
      expect(again.headers.get('etag')).toBe(etag)
      expect(await again.text()).toBe('')
    }
    expect((await at('/docs/page.css', { 'if-none-match': '"other"' })).status).toBe(200)
  })

  test('are compressed for whoever takes that, and for nobody else', async () => {
    const plain = await raw('identity')
    expect(plain.encoding).toBeUndefined()
    for (const accepted of ['gzip', 'br, GZIP;q=0.5']) {
      const zipped = await raw(accepted)
      expect(zipped.encoding).toBe('gzip')
      expect(zipped.bytes.byteLength).toBeLessThan(plain.bytes.byteLength / 2)
      expect(gunzipSync(zipped.bytes)).toEqual(plain.bytes)
    }
    for (const refused of ['gzip;q=0', 'gzip; q=0.0', 'br']) {
      expect((await raw(refused)).encoding).toBeUndefined()
    }
  })

  test.each(['package.json', '..%2Fpackage.json', 'swagger-ui-bundle.js.map', '__proto__', '.'])(
    'hold no other file: %s',
    async (name) => {
      const response = await at(`/docs/${name}`)
      expect([404, 405]).toContain(response.status)
      expect(await response.json()).toMatchObject({ code: 'not_found' })
    },
  )

  test('answer while the gateway drains, and ask for a new connection', async () => {
    ready = false
    const response = await at('/docs')
    expect(response.status).toBe(200)
    expect(response.headers.get('connection')).toBe('close')
  })

  test('are held to the rate of an address', async () => {
    const slow = await startApiServer({
      rates: { requestsPerToken: { points: 2, windowMs: 60_000 } },
    })
    const statuses = []
    for (let asked = 0; asked < 3; asked += 1)
      statuses.push((await fetch(`${slow.url}/docs`)).status)
    slow.close()
    expect(statuses).toEqual([200, 200, 429])
  })

  test('show every method and every refusal of the protocol', async () => {
    const html = await (await at('/docs/protocol')).text()
    expect(html).toContain('<h3 id="chat-send"><code>chat.send</code></h3>')
    expect(html).toContain('<table>')
    expect(html).toContain('mark_beyond_end')
  })
})
