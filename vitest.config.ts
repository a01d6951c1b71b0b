// How the tests run: two files at a time (each may hold a server and sockets of its own), and a last
// line that says how many passed and failed.
import { defineConfig } from 'vitest/config'
import { createClosingLine } from './platform/testing/closing-line.ts'

const ci = process.env['CI'] === 'true'

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    maxWorkers: 2,
    // Real servers start, and fsync, in some of them; a hung test still ends.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A `.only` left behind would silence all the others.
    allowOnly: !ci,
    reporters: ['default', createClosingLine(ci)],
  },
})
