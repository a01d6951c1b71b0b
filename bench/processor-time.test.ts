import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { platform } from 'node:os'
import { expect, test } from 'vitest'
import { processorMs, spentWhile } from './processor-time.ts'

test.skipIf(platform() !== 'linux')(
  'what a child spends counts while it runs and after',
  async () => {
    const spins = `for (const end = process.cpuUsage().user + 3e5; process.cpuUsage().user < end;);
    process.stdout.write('spun'); process.stdin.resume()`
    const [child, spun] = await spentWhile({ family: process.pid }, async () => {
      const started = spawn(process.execPath, ['-e', spins], { stdio: ['pipe', 'pipe', 'inherit'] })
      await once(started.stdout, 'data')
      return started
    })

    const { pid = 0 } = child
    expect(await processorMs([pid])).toBeGreaterThanOrEqual(250)
    expect(spun.ms.family).toBeGreaterThanOrEqual(250)
    const before = await processorMs([process.pid])
    child.kill()
    await once(child, 'exit')
    expect(await processorMs([pid])).toBe(0)
    expect(await processorMs([process.pid])).toBeGreaterThanOrEqual(before)
  },
  60_000,
)

test('what this process spends is told apart from what all others do, and from time that goes by', async () => {
  const [, spent] = await spentWhile({}, async () => {
    for (const end = process.cpuUsage().user + 100_000; process.cpuUsage().user < end; );
  })

  expect(spent.ms).toEqual({})
  expect(spent.ownMs).toBeGreaterThanOrEqual(90)
  expect(spent.elapsedMs).toBeGreaterThan(0)
})
