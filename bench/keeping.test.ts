import { expect, test } from 'vitest'
import { keeping } from './keeping.ts'

const failing = (words: string) => async (): Promise<never> => {
  throw new Error(words)
}

test('what was kept first is ended last, and the result is handed over', async () => {
  const ended: string[] = []
  const result = await keeping(async (keep) => {
    await keep(Promise.resolve('postgres'), async (name) => ended.push(name))
    await keep('server', async (name) => ended.push(name))
    return 'figures'
  })

  expect(result).toBe('figures')
  expect(ended).toEqual(['server', 'postgres'])
})

test('one that cannot be ended keeps none of the others, and is told of', async () => {
  const ended: string[] = []
  const work = keeping(async (keep) => {
    await keep(Promise.resolve('postgres'), async (name) => ended.push(name))
    await keep(Promise.resolve('engine'), failing('the engine stays'))
    await keep('gateway', failing('the gateway stays'))
    await keep('bidders', async (name) => ended.push(name))
  })

  await expect(work).rejects.toThrow('the gateway stays')
  expect(ended).toEqual(['bidders', 'postgres'])
})

test('why the work failed is told, whatever cannot be ended afterwards', async () => {
  const ended: string[] = []
  const work = keeping(async (keep) => {
    await keep(Promise.resolve('postgres'), async (name) => ended.push(name))
    await keep(Promise.resolve('engine'), failing('the engine stays'))
    throw new Error('a bid is missing')
  })

  await expect(work).rejects.toThrow('a bid is missing')
  expect(ended).toEqual(['postgres'])
})

test('what did not start is not ended', async () => {
  const ended: string[] = []
  const work = keeping(async (keep) => {
    await keep(Promise.resolve('postgres'), async (name) => ended.push(name))
    await keep(failing('no port is free')(), async () => ended.push('nats'))
  })

  await expect(work).rejects.toThrow('no port is free')
  expect(ended).toEqual(['postgres'])
})
