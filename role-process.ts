// One role of a fleet as a process.
import type { Variables } from './config.ts'
import { Failure } from './platform/failure.ts'
import { createLogger } from './platform/log.ts'
import { runMain, runProcess } from './platform/run-process.ts'
import { ROLES, readRoleConfig } from './role-config.ts'
import { createRole } from './roles.ts'

/** Resolves when the role is ready, and ends the process where that fails or nothing is `named` so. */
export async function runRole(named: string | undefined, env: Variables): Promise<void> {
  await runMain(async () => {
    const role = ROLES.find((each) => each === named)
    if (role === undefined) {
      throw new Failure(`There is no role ${named ?? 'without a name'}.`, {
        hint: `Start one of them: ${ROLES.map((each) => `npm run ${each}`).join(', ')}.`,
      })
    }
    const config = readRoleConfig(role, env)
    const log = createLogger({ name: role, level: config.logLevel, destination: process.stdout })
    const started = createRole(config, log)
    await runProcess(started.parts, { log })
    const told = started.told()
    log.info(told, 'ready')
    // Whoever forked this process waits for this.
    process.send?.(told)
  })
}
