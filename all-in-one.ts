// Everything in one process, told about at a terminal.
import { readOutcryConfig, type Variables } from './config.ts'
import { createOutcry } from './outcry.ts'
import { createLogger } from './platform/log.ts'
import { runMain, runProcess } from './platform/run-process.ts'
import { createTerminal } from './terminal.ts'

/** Resolves when everything is ready, and ends the process where that fails. */
export async function runAllInOne(env: Variables): Promise<void> {
  await runMain(async () => {
    const config = readOutcryConfig(env)
    // Standard output is for the person, standard error for the machine that keeps logs.
    const log = createLogger({
      name: 'outcry',
      level: config.logLevel,
      destination: process.stderr,
    })
    const outcry = createOutcry(config, log)
    const terminal = createTerminal({ config, outcry, output: process.stdout })
    await runProcess([...outcry.parts, terminal], { log })
  })
}
