// A bus on a NATS of the tests, with what it logged and counted.
import { Registry } from 'prom-client'
import { createNatsBus, type NatsBus, type NatsBusOptions } from '../bus/nats-bus.ts'
import { createLogger } from '../log.ts'

export interface LogLine {
  readonly level: string
  readonly msg: string
  readonly hint?: string
  readonly err?: { readonly type: string; readonly message: string }
}

export interface NatsBusUnderTest {
  readonly bus: NatsBus
  readonly lines: readonly LogLine[]
  /** Of the lines that tell of an error, its name and message. */
  readonly errors: unknown[]
  /** The value of one of its metrics; of all labels that are not given, the sum. */
  readonly counted: (name: string, labels?: Readonly<Record<string, string>>) => Promise<number>
}

/** Not started yet. */
export function natsBusUnderTest(
  url: string,
  options: Partial<NatsBusOptions> = {},
): NatsBusUnderTest {
  const lines: LogLine[] = []
  const errors: unknown[] = []
  const log = createLogger({
    name: 'test',
    destination: {
      write(text) {
        const line: LogLine = JSON.parse(text)
        lines.push(line)
        if (line.err !== undefined) errors.push(`${line.err.type}: ${line.err.message}`)
      },
    },
  })
  const metrics = new Registry()
  const bus = createNatsBus({
    servers: [url],
    prefix: 'test',
    name: 'test',
    log,
    metrics,
    ...options,
  })
  return {
    bus,
    lines,
    errors,
    counted: async (name, labels = {}) => {
      const { values } = (await metrics.getSingleMetric(name)?.get()) ?? { values: [] }
      const wanted = values.filter((one) =>
        Object.entries(labels).every(([label, value]) => {
          return (one.labels as Record<string, unknown>)[label] === value
        }),
      )
      return wanted.reduce((sum, { value }) => sum + value, 0)
    },
  }
}
