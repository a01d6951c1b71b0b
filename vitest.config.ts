// How the tests run: three files at a time (each may hold a server and sockets of its own, and many wait for those),
// and a last line that says how many passed and failed.
import { configDefaults, defineConfig } from 'vitest/config'
import { migrations } from './migrations.ts'
import { createClosingLine } from './platform/testing/closing-line.ts'

const ci = process.env['CI'] === 'true'

/**
 * Folders whose tests change nothing of the process that they run in, and so share one: to start a process and load
 * the same modules for each file took a third of their time. The others have a process for each file.
 */
const sharing = [
  'protocol',
  'history',
  'auction-engine/core',
  'auction-engine/shell',
  'auction-engine/adapters',
  'chat-store/core',
  'chat-store/shell',
  'chat-store/adapters',
  'notifier/core',
  'notifier/shell',
  'notifier/adapters',
  'gateway/session',
  'gateway/fanout',
  'gateway/routes',
  'gateway/adapters',
  'gateway/edge',
  'platform/bus',
  'platform/postgres',
  'platform/redis',
  'platform/objects',
  'platform/fcm',
  'platform/limits',
  'platform/presence',
  'platform/cutoffs',
  'platform/connections',
].map((folder) => `${folder}/**/*.test.ts`)

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'sharing', include: sharing, isolate: false } },
      {
        extends: true,
        test: {
          name: 'apart',
          include: ['**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...sharing],
        },
      },
    ],
    maxWorkers: 3,
    // A PostgreSQL of its own for the run; it starts when a test first asks for a database.
    globalSetup: ['platform/testing/test-postgres.ts'],
    provide: { migrations },
    // Real servers start, and fsync, in some of them; a hung test still ends.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A `.only` left behind would silence all the others.
    allowOnly: !ci,
    reporters: ['default', createClosingLine(ci)],
  },
})
