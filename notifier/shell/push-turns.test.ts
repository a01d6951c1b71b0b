import { expect, test } from 'vitest'
import { PushTurns } from './push-turns.ts'

const push = (seq: number, deviceId = 'phone') => ({ userId: 'ann', deviceId, seq })

test('what goes to one tag goes one after the other, and says where a later one went before', async () => {
  const turns = new PushTurns()
  const went: string[] = []
  const letGo = Promise.withResolvers<void>()
  const go = (seq: number, tag: string, until?: Promise<void>) =>
    turns.inTurn(push(seq), tag, async (isOvertaken) => {
      await until
      went.push(`${seq}${isOvertaken ? ' overtaken' : ''}`)
    })
  const first = go(2, 'chat:x', letGo.promise)
  const others = [go(1, 'chat:x'), go(3, 'chat:x')]
  await go(4, 'chat:y')
  expect(went).toEqual(['4'])
  letGo.resolve()
  await Promise.all([first, ...others])
  expect(went).toEqual(['4', '2', '1 overtaken', '3'])
})

test('one that fails is followed by the next', async () => {
  const turns = new PushTurns()
  const failed = turns.inTurn(push(1), 'chat:x', () => Promise.reject(new Error('away')))
  const next = turns.inTurn(push(2), 'chat:x', async () => 'sent')
  await expect(failed).rejects.toThrow('away')
  expect(await next).toBe('sent')
})
