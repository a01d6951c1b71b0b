// The engine's configuration from the environment.
import { z } from 'zod'
import { readConfig } from '../platform/config.ts'
import { variable } from '../platform/config-variables.ts'
import { defaultLimits, type EngineLimits } from './limits.ts'

const environment = z.object({
  ENGINE_NAME: variable.text().optional(),
  ENGINE_LANES: variable.wholeNumber({ min: 1, max: 16 }).default(defaultLimits.lanes),
  ENGINE_LEASE: variable.durationMs().default(defaultLimits.leaseMs),
})

export interface EngineConfig {
  /**
   * Under which name shards are held: the same after a restart, and no other engine's. Whoever starts
   * under it takes over from its predecessor at once.
   */
  readonly owner: string
  readonly limits: EngineLimits
}

/**
 * @param nameDefault the owner's name where the operator gives none
 * @throws ConfigError naming every variable at fault.
 */
export function readEngineConfig(
  env: Readonly<Record<string, string | undefined>>,
  nameDefault: string,
): EngineConfig {
  const { ENGINE_NAME, ENGINE_LANES, ENGINE_LEASE } = readConfig(environment, env)
  return {
    owner: ENGINE_NAME ?? nameDefault,
    limits: { ...defaultLimits, lanes: ENGINE_LANES, leaseMs: ENGINE_LEASE },
  }
}
