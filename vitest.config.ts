// How the tests run: two files at a time (each may hold a server and sockets of its own), and a last
// line that says how many passed and failed.
import { defineConfig } from 'vitest/config'
import { migrations } from './migrations.ts'
import { createClosingLine } from './platform/testing/closing-line.ts'

const ci = process.env['CI'] === 'true'

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    maxWorkers: 2,
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
