// A small process for the tests of `run-process.ts`: one part, which behaves as the first argument
// says; the second is the deadline in milliseconds.
import { Failure } from '../failure.ts'
import type { Part } from '../lifecycle.ts'
import { createLogger } from '../log.ts'
import { runMain, runProcess } from '../run-process.ts'

const never = () => new Promise<never>(() => {})
const nothing = async () => {}

const behaviours: Record<string, Partial<Part>> = {
  good: {},
  'port in use': {
    start: async () => {
      throw new Failure('PORT 8080 cannot be used.', { hint: 'Set PORT to a free port.' })
    },
  },
  'broken start': {
    start: async () => {
      throw new TypeError('a fault of the start')
    },
  },
  'hanging start': {
    start: async () => {
      await nothing()
      process.stdout.write('starting\n')
      await never()
    },
  },
  'hanging drain': { drain: never },
  'talkative drain': {
    drain: async () => {
      for (const output of [process.stdout, process.stderr]) {
        await new Promise((resolve) => output.write('to whoever listens\n', resolve))
      }
    },
  },
  'fault later': {
    start: async () => {
      setTimeout(() => {
        throw new TypeError('a fault that nobody catches')
      }, 1)
    },
  },
  'failure later': {
    start: async () => {
      setTimeout(() => {
        throw new Failure('The database has died.')
      }, 1)
    },
  },
  'rejection later': {
    start: async () => {
      setTimeout(() => void Promise.reject(new TypeError('a rejection that nobody catches')), 1)
    },
  },
}

await runMain(async () => {
  const name = process.argv[2] ?? 'good'
  const behaviour = behaviours[name]
  if (behaviour === undefined) {
    throw new Failure(`There is no behaviour "${name}".`, { exitCode: 78 })
  }
  const part: Part = { name: 'part', start: nothing, drain: nothing, stop: nothing, ...behaviour }
  await runProcess([part], {
    log: createLogger({ name }),
    deadlineMs: Number(process.argv[3] ?? 30_000),
  })
  process.stdout.write('ready\n')
})
