// Webhooks between real processes: a server that is killed, and the receiver of the documentation.
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createHttpClient, type HttpClient } from '../loadtest/http-client.ts'
import { freePort } from '../platform/servers/free-port.ts'
import {
  type ThrowawayDatabase,
  throwawayDatabase,
} from '../platform/testing/throwaway-database.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import type { ChatOutcome } from '../protocol/chat.ts'
import type { WebhookDeliveryPage } from '../protocol/webhooks.ts'
import { accepted, unhurried } from './testing/chat.ts'
import { endProcesses, type OutcryProcess, startProcess } from './testing/process.ts'
import { jwtSecret, signToken } from './testing/server.ts'
import { isSignedBy, loopbackReach, TestReceiver } from './testing/webhook-receiver.ts'

let folder: string
let database: ThrowawayDatabase
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outcry-webhooks-'))
  database = await throwawayDatabase()
})
afterEach(async () => {
  await endProcesses()
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})

const start = (): OutcryProcess =>
  startProcess({
    OUTCRY_DATA: folder,
    DATABASE_URL: database.url,
    JWT_SECRET: jwtSecret,
    ...unhurried,
    ...loopbackReach,
  })

async function as(url: string, user: string, ...roles: 'service'[]): Promise<HttpClient> {
  return createHttpClient(url, await signToken(user, { roles }))
}

async function makeWebhook(url: string, receiverUrl: string) {
  const shop = await as(url, 'shop', 'service')
  const made = await shop.call('POST', '/v1/webhooks', {
    url: receiverUrl,
    types: ['message.created'],
  })
  return { shop, path: `/v1/webhooks/${String(made['webhookId'])}`, secret: String(made['secret']) }
}

/** Ends the leases of whoever died, and every pause. */
async function letTimePass(): Promise<void> {
  const client = new Client({ connectionString: database.url })
  await client.connect()
  await client.query("UPDATE webhook_deliveries SET due_at_ms = 0 WHERE state = 'waiting'")
  await client.end()
}

describe('webhooks', { timeout: 120_000 }, () => {
  test('what was said before a kill -9 is told after it, whatever was on its way', async () => {
    const receiver = await TestReceiver.start()
    const first = start()
    const { secret } = await makeWebhook(await first.ready(), receiver.url)
    // Half of it arrives and is answered; half is on its way when the server dies.
    receiver.answer = (nth) => (nth < 20 ? { status: 200 } : new Promise(() => {}))
    const url = await first.ready()
    const ann = await as(url, 'ann')
    const opened = await ann.call('POST', '/v1/conversations', {
      listingId: randomUUID(),
      peerId: 'sam',
    })
    const path = `/v1/conversations/${String(opened['conversationId'])}/messages`
    const acknowledged: string[] = []
    for (let nth = 0; nth < 60; nth += 1) {
      const body = { clientMessageId: randomUUID(), kind: 'text', text: `message ${nth}` }
      const said = accepted((await ann.call('POST', path, body)) as unknown as ChatOutcome)
      acknowledged.push(said.messageId ?? '')
    }
    await waitFor(() => receiver.taken().length >= 20)
    first.child.kill('SIGKILL')
    expect(await first.ended).toBe('SIGKILL')

    receiver.answer = () => ({ status: 200 })
    const second = start()
    await second.ready()
    const idsByMessage = new Map<string, Set<string>>()
    await waitFor(
      async () => {
        await letTimePass()
        for (const { id, payload } of receiver.taken()) {
          if (payload.type !== 'message.created') continue
          const { messageId } = payload.data.message
          idsByMessage.set(messageId, (idsByMessage.get(messageId) ?? new Set()).add(id))
        }
        return idsByMessage.size === acknowledged.length
      },
      { timeoutMs: 30_000 },
    )
    expect(new Set(idsByMessage.keys())).toEqual(new Set(acknowledged))
    // At least once, and always under one id.
    expect([...idsByMessage.values()].every(({ size }) => size === 1)).toBe(true)
    expect(receiver.taken().every((one) => isSignedBy(secret, one))).toBe(true)
    second.child.kill('SIGTERM')
    expect(await second.ended).toBe(0)
    await receiver.stop()
  })

  test('reach the receiver of the documentation, which works on each once', async () => {
    const server = start()
    const port = await freePort()
    const { shop, path, secret } = await makeWebhook(
      await server.ready(),
      `http://127.0.0.1:${port}/`,
    )
    const file = fileURLToPath(new URL('../docs/examples/webhook-receiver.ts', import.meta.url))
    const example = spawn(process.execPath, [file], {
      env: { WEBHOOK_SECRET: secret, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      let said = ''
      example.stdout.on('data', (text: Buffer) => {
        said += text.toString()
      })
      await waitFor(() => said.includes('listening'), { timeoutMs: 30_000 })
      const { eventId } = await shop.call('POST', `${path}/test`)
      await waitFor(() => said.includes(String(eventId)))
      const delivered = async () => {
        const page = await shop.call('GET', `${path}/deliveries?state=delivered`)
        return (page as unknown as WebhookDeliveryPage).items.length === 1
      }
      await waitFor(delivered)
      await shop.call('POST', `${path}/replay`, { eventId })
      await waitFor(delivered)
      expect(said.split(String(eventId))).toHaveLength(2)
      const forged = await fetch(`http://127.0.0.1:${port}/`, {
        method: 'POST',
        headers: {
          'webhook-id': 'forged',
          'webhook-timestamp': String(Math.floor(Date.now() / 1_000)),
          'webhook-signature': `v1,${Buffer.alloc(32).toString('base64')}`,
        },
        body: '{"type":"lot.sold","timestamp":"","data":{}}',
      })
      expect(forged.status).toBe(401)
      expect(said).not.toContain('forged')
    } finally {
      const ended = once(example, 'close')
      example.kill()
      await ended
    }
  })
})
