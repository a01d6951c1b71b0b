// Receivers of webhooks under a test's control, on loopback, and a server that may send there.
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { WebhookPayload } from '../../protocol/webhook-payloads.ts'
import type { WebhookAccepted } from '../../protocol/webhooks.ts'
import type { TestServer } from './server.ts'

/** What lets a server send to a receiver of these tests. */
export const loopbackReach = {
  WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
  WEBHOOK_ALLOW_HTTP: 'true',
}

export interface Received {
  readonly id: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly payload: WebhookPayload
  /** How it was answered. */
  readonly status: number
}

/** What a receiver answers. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
}

export class TestReceiver {
  /** In the order of arrival, whatever the answer was. */
  readonly received: Received[] = []
  /** Asked for each request, with how many came before it. */
  answer: (nth: number) => Answer | Promise<Answer> = () => ({ status: 200 })
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(): Promise<TestReceiver> {
    const server = createServer()
    const receiver = new TestReceiver(server)
    server.on('request', (request, response) => {
      void (async () => {
        const body = await text(request)
        const { status, headers = {} } = await receiver.answer(receiver.received.length)
        receiver.received.push({
          id: String(request.headers['webhook-id']),
          headers: request.headers,
          body,
          payload: WebhookPayload.parse(JSON.parse(body)),
          status,
        })
        response.writeHead(status, headers).end()
      })()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`
  }

  /** Those that were taken. */
  taken(): readonly Received[] {
    return this.received.filter(({ status }) => status < 300)
  }

  types(): readonly string[] {
    return this.taken().map(({ payload }) => payload.type)
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** Whether `secret` signs what came, by the reference implementation. */
export function isSignedBy(secret: string, { body, headers }: Received): boolean {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>)
    return true
  } catch {
    return false
  }
}

/** A webhook of the marketplace's. @throws Error where it was refused */
export async function createWebhook(
  server: TestServer,
  url: string,
  fields: { readonly types?: readonly string[]; readonly commandId?: string } = {},
): Promise<{ readonly webhookId: string; readonly secret: string }> {
  const shop = await server.as('shop', 'service')
  const answer = await shop.call('POST', '/v1/webhooks', { url, ...fields })
  const { webhookId, secret } = answer as unknown as WebhookAccepted
  if (secret === undefined) throw new Error(`no webhook was made: ${JSON.stringify(answer)}`)
  return { webhookId, secret }
}
