import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { Failure } from '../platform/failure.ts'
import { createHttpClient, HttpError } from './http-client.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const putOff =
  (status: number): Answer =>
  (_, response) =>
    response.writeHead(status, { 'retry-after': '0' }).end()

describe('the HTTP client of the load test', () => {
  let server: Server | undefined
  afterEach(() => {
    server?.closeAllConnections()
    server?.close()
  })

  async function serve(...answers: readonly Answer[]): Promise<string> {
    const waiting = [...answers]
    const listening = createServer((request, response) => waiting.shift()?.(request, response))
    server = listening
    await new Promise<void>((resolve) => {
      listening.listen(0, '127.0.0.1', resolve)
    })
    const { port } = listening.address() as { readonly port: number }
    return `http://127.0.0.1:${port}`
  }

  test('is put off by 429 and 503, loses an answer, and asks again until it is answered', async () => {
    const url = await serve(putOff(429), putOff(503), putOff(504), (request, response) =>
      response.end(JSON.stringify({ asked: request.headers.authorization })),
    )
    const answer = await createHttpClient(url, 'a-token').call('POST', '/v1/lots', {})
    expect(answer).toEqual({ asked: 'Bearer a-token' })
  })

  test('tells a refusal in the server’s own words', async () => {
    const problem = { title: 'Forbidden', code: 'not_permitted', detail: 'only the seller may' }
    const url = await serve((_, response) => response.writeHead(403).end(JSON.stringify(problem)))
    const failure = await createHttpClient(url)
      .call('POST', '/v1/lots', {})
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(HttpError)
    expect(failure).toMatchObject({
      status: 403,
      code: 'not_permitted',
      message: 'POST /v1/lots: only the seller may (403)',
    })
  })

  test('tells an answer that is not JSON as it came', async () => {
    const url = await serve((_, response) => response.writeHead(502).end('<h1>Bad gateway</h1>'))
    await expect(createHttpClient(url).call('GET', '/')).rejects.toThrow('Bad gateway')
  })

  test('says in one sentence that nobody is there', async () => {
    const failure = createHttpClient('http://127.0.0.1:1').call('GET', '/')
    await expect(failure).rejects.toBeInstanceOf(Failure)
    await expect(failure).rejects.toThrow('The server at http://127.0.0.1:1 can not be reached.')
  })
})
