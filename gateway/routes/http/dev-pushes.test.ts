import { expect, test } from 'vitest'
import type { PhoneView } from '../../ports/phone-window.ts'
import { devPushesResource } from './dev-pushes.ts'

const phone = (token: string, ...keys: string[]): PhoneView => ({
  token,
  shown: [],
  arrived: keys.length,
  doubles: 0,
  deliveries: keys.map((key) => ({ atMs: 0, messageId: key, message: { data: { key } } })),
})
const phones = [phone('a', 'ann:1', 'ann:2'), phone('b', 'bob:1'), phone('c', 'anna:1:sync')]
const resource = devPushesResource({ phones: () => phones })
const caller = { client: 'c', identity: undefined, address: '::1', origin: undefined }

async function get(fields: Record<string, string>) {
  const { status, body } = await resource.handle({
    caller,
    path: {},
    fields,
    headers: new Map(),
  })
  return { status, ...JSON.parse(String(body)) }
}
const tokens = async (fields: Record<string, string>) =>
  (await get(fields)).items.map(({ token }: PhoneView) => token)

test('shows every phone, or that of a token, or those of a user', async () => {
  expect(await tokens({})).toEqual(['a', 'b', 'c'])
  expect(await tokens({ token: 'b' })).toEqual(['b'])
  expect(await tokens({ userId: 'ann' })).toEqual(['a'])
  expect(await tokens({ userId: 'ann', token: 'b' })).toEqual([])
})

test('refuses what can be no token', async () => {
  expect(await get({ token: 'with space' })).toMatchObject({ status: 400, code: 'bad_request' })
})
