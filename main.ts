// `npm start`: everything in one process, with what a person at the terminal wants to know.
import { readOutcryConfig } from './config.ts'
import { createOutcry } from './outcry.ts'
import { createLogger } from './platform/log.ts'
import { runMain, runProcess } from './platform/run-process.ts'
import { createTerminal } from './terminal.ts'

await runMain(async () => {
  const config = readOutcryConfig(process.env)
  // Standard output is for the person, standard error for the machine that keeps logs.
  const log = createLogger({ name: 'outcry', level: config.logLevel, destination: process.stderr })
  const outcry = createOutcry(config, log)
  const terminal = createTerminal({ config, outcry, output: process.stdout })
  await runProcess([...outcry.parts, terminal], { log })
})
