import { afterAll, beforeAll } from 'vitest'
import { createLogger } from '../log.ts'
import { NatsServer } from '../testing/nats-server.ts'
import { describeBus } from './bus.contract.ts'
import { createNatsBus } from './nats-bus.ts'

let server: NatsServer
let clusters = 0

beforeAll(async () => {
  server = await NatsServer.start()
})

afterAll(() => server.stop())

for (const togetherMax of [1, 256]) {
  describeBus(`the bus on NATS, ${togetherMax} to a message,`, async () => {
    const errors: unknown[] = []
    const log = createLogger({
      name: 'test',
      destination: {
        write(line) {
          const { err } = JSON.parse(line)
          if (err !== undefined) errors.push(`${err.type}: ${err.message}`)
        },
      },
    })
    clusters += 1
    const bus = createNatsBus({
      servers: [server.url],
      prefix: `contract-${clusters}`,
      name: 'contract',
      log,
      togetherMax,
    })
    await bus.start()
    return { bus, errors, close: () => bus.stop() }
  })
}
