import { describe, expect, test } from 'vitest'
import type { MethodName } from '../../protocol/methods.ts'
import { WEBHOOK_METHODS } from '../../protocol/webhook-methods.ts'
import { callsOn } from '../testing/calls.ts'
import { caller, identity } from '../testing/people.ts'
import { webhookBookOf, webhookOfficeOf } from '../testing/webhooks.ts'

const webhookId = '0190a1b2-8888-7222-8333-123456789abc'
const eventId = '0190a1b2-9999-7222-8333-123456789abc'
const shop = caller(identity('shop', 'service'))

/** What the notifier is asked where `shop` calls the method. */
async function asked(name: MethodName, params: object) {
  const webhookOffice = webhookOfficeOf()
  const result = await callsOn({ webhookOffice })(name, shop, params)
  return { result, command: webhookOffice.asked[0] }
}

describe('webhooks', () => {
  test.each(Object.keys(WEBHOOK_METHODS) as (keyof typeof WEBHOOK_METHODS)[])(
    '%s is for the service alone, and nobody else is heard',
    async (name) => {
      const webhookOffice = webhookOfficeOf()
      const call = callsOn({ webhookOffice })
      const params = { webhookId, url: 'https://shop.example/', eventId }
      for (const role of ['seller', 'auctioneer', 'moderator', 'admin'] as const) {
        const result = await call(name, caller(identity('ann', role)), params)
        expect(result).toEqual({ kind: 'error', error: 'permission_denied' })
      }
      expect(webhookOffice.asked).toEqual([])
    },
  )

  test('one key of one caller makes one webhook, and of another caller another', async () => {
    const params = { url: 'https://shop.example/', commandId: 'shop-1' }
    const first = (await asked('webhook.create', params)).command
    const again = (await asked('webhook.create', params)).command
    expect(first?.webhookId).toBe(again?.webhookId)
    const webhookOffice = webhookOfficeOf()
    await callsOn({ webhookOffice })('webhook.create', caller(identity('store', 'service')), params)
    expect(webhookOffice.asked[0]?.webhookId).not.toBe(first?.webhookId)
    const keyless = (await asked('webhook.create', { url: params.url })).command
    expect(keyless?.webhookId).not.toBe(first?.webhookId)
  })

  test('a secret is made once by one key, and holds as long as it was said', async () => {
    const params = { webhookId, overlapHours: 1.5, commandId: 'rotate-7' }
    const first = (await asked('webhook.rotateSecret', params)).command
    const again = (await asked('webhook.rotateSecret', params)).command
    expect(first).toEqual(again)
    expect(first).toMatchObject({ type: 'rotate_webhook_secret', overlapMs: 5_400_000 })
    const usual = (await asked('webhook.rotateSecret', { webhookId })).command
    expect(usual).toMatchObject({ overlapMs: 24 * 3_600_000 })
  })

  test('a replay is of one delivery, or of what died since', async () => {
    expect((await asked('webhook.replay', { webhookId, eventId })).command).toMatchObject({
      type: 'replay_delivery',
      eventId,
    })
    expect((await asked('webhook.replay', { webhookId, deadSince: 5 })).command).toMatchObject({
      type: 'replay_dead',
      deadSinceMs: 5,
    })
    for (const params of [{ webhookId }, { webhookId, eventId, deadSince: 5 }]) {
      const { result, command } = await asked('webhook.replay', params)
      expect(result).toMatchObject({ kind: 'error', error: 'bad_request' })
      expect(command).toBeUndefined()
    }
  })

  test.each([
    [{ url: 'https://shop.example/', types: [] }, 'types'],
    [{ url: 'https://shop.example/', types: ['lot.sold', 'lot.sold'] }, 'types'],
    [{ url: 'https://shop.example/', types: ['lot.stolen'] }, 'types.0'],
    [{ url: '' }, 'url'],
    [{}, 'url'],
  ])('%j is no webhook', async (params, path) => {
    const { result } = await asked('webhook.create', params)
    expect(result).toMatchObject({ error: 'bad_request', faults: [{ path }] })
  })

  test('one that is not there is not there to be read', async () => {
    const call = callsOn({ webhookBook: webhookBookOf() })
    for (const name of ['webhook.get', 'webhook.deliveries'] as const) {
      const result = await call(name, shop, { webhookId })
      expect(result).toMatchObject({ kind: 'error', error: 'not_available' })
    }
    expect(await call('webhook.list', shop, {})).toEqual({ kind: 'data', data: { items: [] } })
  })
})
