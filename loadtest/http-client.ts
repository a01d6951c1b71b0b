// The HTTP API as a load test needs it: JSON in, JSON out, and patience where the server asks for it.
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../platform/failure.ts'

/** The server refused an HTTP request: its status and the problem document's own words. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number
  readonly code: string | undefined

  constructor(request: string, status: number, problem: Problem) {
    super(`${request}: ${problem.detail ?? problem.title ?? 'no reason given'} (${status})`)
    this.status = status
    this.code = problem.code
  }
}

interface Problem {
  readonly title?: string
  readonly detail?: string
  readonly code?: string
}

export interface HttpClient {
  /** The server's address, without a path. */
  readonly url: string
  /** @throws HttpError; Failure where the server can not be reached */
  call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>
}

/** Put off (429, 503), or the answer was lost (504): every command here has an id, so it may be sent again. */
const AGAIN = new Set([429, 503, 504])
/** How often it is sent again before it counts as refused. */
const attemptsMax = 50
const retryAfterMsDefault = 1_000

/** Calls to the server at `url` in the name of `token`, where there is one. */
export function createHttpClient(url: string, token?: string): HttpClient {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`
  return {
    url,
    async call(method, path, body) {
      for (let attempt = 1; ; attempt += 1) {
        const answer = await send(new URL(path, url), { method, headers, body })
        if (answer.ok) return readBody(answer)
        if (!AGAIN.has(answer.status) || attempt === attemptsMax) {
          throw new HttpError(`${method} ${path}`, answer.status, await readBody(answer))
        }
        await answer.body?.cancel()
        await sleep(retryAfterMs(answer))
      }
    },
  }
}

interface Sent {
  readonly method: string
  readonly headers: Record<string, string>
  readonly body: unknown
}

async function send(url: URL, { method, headers, body }: Sent): Promise<Response> {
  const payload = body === undefined ? {} : { body: JSON.stringify(body) }
  return fetch(url, { method, headers, ...payload }).catch((cause: unknown) => {
    throw new Failure(`The server at ${url.origin} can not be reached.`, { cause })
  })
}

async function readBody(answer: Response): Promise<Record<string, unknown>> {
  const text = await answer.text()
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return { detail: text.slice(0, 200) }
  }
}

function retryAfterMs(answer: Response): number {
  const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) ? Math.max(50, seconds * 1_000) : retryAfterMsDefault
}
