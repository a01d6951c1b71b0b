// What an adapter that asks over the bus is made with, and what it logs.
import { createInProcessBus } from '../../platform/bus/in-process-bus.ts'
import { createLogger } from '../../platform/log.ts'
import { VirtualClock } from '../../platform/testing/virtual-clock.ts'
import { noonMs } from './people.ts'

export function asking() {
  const clock = new VirtualClock(noonMs)
  const bus = createInProcessBus({ copy: true, clock })
  const lines: string[] = []
  const log = createLogger({
    name: 'test',
    destination: { write: (line) => void lines.push(line) },
  })
  return { clock, bus, lines, options: { bus, clock, log, random: () => 0.5 } }
}
