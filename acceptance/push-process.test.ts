// `npm start` as somebody who tries it out meets it: what their phone would show, without any phone.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createHttpClient } from '../loadtest/http-client.ts'
import { tokensFrom } from '../loadtest/tokens.ts'
import { exitCodes } from '../platform/failure.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import { endProcesses, startProcess } from './testing/process.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outcry-push-'))
})
afterEach(async () => {
  await endProcesses()
  await rm(folder, { recursive: true, force: true })
})

test('shows what a phone would show of a message to it', { timeout: 120_000 }, async () => {
  const url = await startProcess({ OUTCRY_DATA: folder }).ready()
  const tokens = tokensFrom(`${url}/v1/dev/token`)
  const [ann, bob] = [
    createHttpClient(url, await tokens('ann')),
    createHttpClient(url, await tokens('bob')),
  ]
  const device = { platform: 'android', token: 'a-phone', locale: 'fr', timeZone: 'Europe/Paris' }
  await bob.call('PUT', '/v1/devices/phone', device)
  const subject = { listingId: randomUUID(), peerId: 'bob' }
  const { conversationId } = await ann.call('POST', '/v1/conversations', subject)
  const messages = `/v1/conversations/${String(conversationId)}/messages`
  await ann.call('POST', messages, { clientMessageId: randomUUID(), text: 'Bonjour !' })
  const phones = async () => {
    const { items } = await createHttpClient(url).call('GET', '/v1/dev/pushes?userId=bob')
    return Array.isArray(items) && items.length > 0 && items
  }
  expect(await waitFor(phones)).toMatchObject([
    { token: 'a-phone', badge: 1, shown: [{ title: 'Nouveau message', body: 'Bonjour !' }] },
  ])
  expect(await createHttpClient(url).call('GET', '/v1/dev/pushes?userId=ann')).toEqual({
    items: [],
  })
})

test('does not start with a service account that is none, and says which variable', async () => {
  const outcry = startProcess({
    OUTCRY_DATA: folder,
    GOOGLE_APPLICATION_CREDENTIALS: join(folder, 'none.json'),
  })
  expect(await outcry.ended).toBe(exitCodes.configuration)
  expect(outcry.said()).toMatch(
    /GOOGLE_APPLICATION_CREDENTIALS: expected the JSON file of a Firebase service account/,
  )
}, 120_000)
