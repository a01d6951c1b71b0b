// A receiver of webhooks, whole: it verifies who sent an event, and works on each event once, however often
// it comes. `WEBHOOK_SECRET=whsec_… node docs/examples/webhook-receiver.ts` listens on PORT (8090).
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { argv, env, stdout } from 'node:process'
import { pathToFileURL } from 'node:url'
import { Webhook } from 'standardwebhooks'

/** As much of an event as every receiver needs; what the types hold is in docs/webhooks.md. */
export interface ReceivedEvent {
  /** The same however often it comes, so it is the key of whatever is done about it. */
  readonly id: string
  readonly type: string
  readonly timestamp: string
  readonly data: Record<string, unknown>
}

export interface ReceiverOptions {
  /** `whsec_…`, from the answer that made the webhook. While it is rotated, the old one or the new one. */
  readonly secret: string
  /** Works on an event. Where it throws, the sender is told to come again. */
  readonly work: (event: ReceivedEvent) => Promise<void> | void
}

/** Larger than any event; whoever sends more is not Outcry. */
const bodyBytesMax = 256 * 1024

/** Ids that were worked on. A table with a unique key does this for several processes, and across restarts. */
const rememberedMax = 100_000

export function createReceiver({ secret, work }: ReceiverOptions): Server {
  const webhook = new Webhook(secret)
  const seen = new Set<string>()

  async function status(request: IncomingMessage): Promise<number> {
    if (request.method !== 'POST') return 405
    const body = await bodyOf(request)
    if (body === undefined) return 413
    const event = verified(webhook, request, body)
    if (event === undefined) return 401
    if (seen.has(event.id)) return 200
    seen.add(event.id)
    try {
      await work(event)
    } catch (error) {
      seen.delete(event.id)
      throw error
    }
    const [oldest] = seen
    if (seen.size > rememberedMax && oldest !== undefined) seen.delete(oldest)
    return 200
  }

  return createServer((request, response) => {
    void status(request)
      .catch(() => 500)
      .then((code) => response.writeHead(code).end())
  })
}

/** The bytes as they came: a signature is over them, and not over what a parser makes of them. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bodyBytesMax) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** Undefined where it is not from Outcry, or was sent so long ago that somebody may be playing it again. */
function verified(
  webhook: Webhook,
  { headers }: IncomingMessage,
  body: string,
): ReceivedEvent | undefined {
  const id = String(headers['webhook-id'])
  try {
    const event = webhook.verify(body, {
      'webhook-id': id,
      'webhook-timestamp': String(headers['webhook-timestamp']),
      'webhook-signature': String(headers['webhook-signature']),
    })
    return { ...(event as Omit<ReceivedEvent, 'id'>), id }
  } catch {
    return undefined
  }
}

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) {
  const { WEBHOOK_SECRET: secret, PORT: port = '8090' } = env
  if (secret === undefined) throw new Error('WEBHOOK_SECRET: expected whsec_…, but it is not set')
  const work = ({ id, type, data }: ReceivedEvent): void => {
    stdout.write(`${JSON.stringify({ id, type, data })}\n`)
  }
  createReceiver({ secret, work }).listen(Number(port), () => {
    stdout.write(`listening on ${port}\n`)
  })
}
