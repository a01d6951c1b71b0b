// The API about itself: the OpenAPI document, a page that shows it by a viewer from its npm package,
// and the printed protocol as a page. All of it is open to everybody and needs no other server.
import type { HttpResponse } from '../../ports/http.ts'
import type { PageFile, PageFiles } from '../../ports/page-files.ts'
import { cacheable } from './cacheable.ts'
import type { OpenApiOptions } from './openapi.ts'
import { problem } from './problem.ts'
import type { Resource, ResourceRequest } from './resource.ts'

export interface DocsOptions {
  /** Of the package: the version that the document names. */
  readonly version: string
  readonly files: PageFiles
  /** What is answered beside the resources, and is to be described with them. */
  readonly others?: OpenApiOptions['resources']
}

/** The resources, and beside them those that describe them all, themselves included. */
export function withDocs(resources: readonly Resource[], options: DocsOptions): Resource[] {
  const { version, others = [] } = options
  const document = async (): Promise<Uint8Array> => {
    const { openApiDocument } = await import('./openapi.ts')
    return inBytes(JSON.stringify(openApiDocument({ version, resources: [...all, ...others] })))
  }
  const all: Resource[] = [...resources, ...docsResources(options, document)]
  return all
}

/**
 * What a page may load and do: its own scripts, styles and pictures (the viewer draws some from
 * `data:`), calls to this server, and nothing else. Nobody may frame it.
 */
const pageHeaders = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'referrer-policy': 'no-referrer',
}

const css = 'text/css; charset=utf-8'
const script = 'text/javascript; charset=utf-8'

function docsResources({ files }: DocsOptions, document: () => Promise<Uint8Array>): Resource[] {
  const read = (file: PageFile) => async () => await files.read(file)
  /** The parts of the pages, by name; there are no others to be had. */
  const parts = new Map([
    ['swagger-ui.css', part(css, read('swagger-ui.css'))],
    ['swagger-ui-bundle.js', part(script, read('swagger-ui-bundle.js'))],
    ['favicon-32x32.png', part('image/png', read('favicon-32x32.png'))],
    ['viewer.js', part(script, text('viewerScript'))],
    ['page.css', part(css, text('pageStyle'))],
  ])
  const protocol = async () => {
    const { protocolHtml } = await texts()
    return inBytes(protocolHtml(new TextDecoder().decode(await files.read('protocol.md'))))
  }
  return [
    open('/v1/openapi.json', part('application/json', document)),
    open('/docs', page(text('viewerHtml'))),
    open('/docs/protocol', page(protocol)),
    open('/docs/{file}', async (request) => {
      const known = parts.get(request.path['file'] ?? '')
      return known === undefined
        ? problem('not_found', 'there is no such file')
        : await known(request)
    }),
  ]
}

/** What the pages are made of is read when somebody first looks at one: a sixteenth of what a start would read. */
const texts = async () => await import('./docs-html.ts')

const text = (name: 'viewerHtml' | 'viewerScript' | 'pageStyle') => async () =>
  inBytes((await texts())[name])

const page = (make: () => Promise<Uint8Array>): Answer =>
  cacheable({ 'content-type': 'text/html; charset=utf-8', ...pageHeaders }, make)

const part = (type: string, make: () => Promise<Uint8Array>): Answer =>
  cacheable({ 'content-type': type }, make)

type Answer = (request: ResourceRequest) => Promise<HttpResponse>

const open = (path: string, handle: Answer): Resource => ({
  method: 'GET',
  path,
  kind: 'page',
  handle,
})

const inBytes = (said: string): Uint8Array => new TextEncoder().encode(said)
