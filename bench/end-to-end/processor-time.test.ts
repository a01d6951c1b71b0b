import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { platform } from 'node:os'
import { expect, test } from 'vitest'
import { idleMs, processorMs } from './processor-time.ts'

test.skipIf(platform() !== 'linux')(
  'what a child spends counts while it runs and after',
  async () => {
    const before = await processorMs([process.pid])
    const spins = `for (const end = process.cpuUsage().user + 3e5; process.cpuUsage().user < end;);
    process.stdout.write('spun'); process.stdin.resume()`
    const child = spawn(process.execPath, ['-e', spins], { stdio: ['pipe', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')

    const { pid = 0 } = child
    expect(await processorMs([pid])).toBeGreaterThanOrEqual(250)
    expect((await processorMs([process.pid])) - before).toBeGreaterThanOrEqual(250)
    child.kill()
    await once(child, 'exit')
    expect(await processorMs([pid])).toBe(0)
    expect((await processorMs([process.pid])) - before).toBeGreaterThanOrEqual(250)
    expect(await idleMs()).toBeGreaterThan(0)
  },
  60_000,
)
