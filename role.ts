// `npm run gateway`, `engine`, `chat`, `notifier`: one role of a fleet, configured by its environment.

import { Failure } from './platform/failure.ts'
import { createLogger } from './platform/log.ts'
import { runMain, runProcess } from './platform/run-process.ts'
import { ROLES, readRoleConfig } from './role-config.ts'
import { createRole } from './roles.ts'

await runMain(async () => {
  const named = process.argv[2]
  const role = ROLES.find((each) => each === named)
  if (role === undefined) {
    throw new Failure(`There is no role ${named ?? 'without a name'}.`, {
      hint: `Start one of them: ${ROLES.map((each) => `npm run ${each}`).join(', ')}.`,
    })
  }
  const config = readRoleConfig(role, process.env)
  const log = createLogger({ name: role, level: config.logLevel, destination: process.stdout })
  const started = createRole(config, log)
  await runProcess(started.parts, { log })
  const told = started.told()
  log.info(told, 'ready')
  // Whoever forked this process waits for this.
  process.send?.(told)
})
