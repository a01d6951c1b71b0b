// The engine's configuration from the environment.
import { z } from 'zod'
import { readConfig } from '../platform/config.ts'
import { variable } from '../platform/config-variables.ts'
import { defaultLimits, type EngineLimits, leaseMsMin } from './limits.ts'

const environment = z.object({
  ENGINE_NAME: variable.text().optional(),
  ENGINE_LANES: variable.wholeNumber({ min: 1, max: 16 }).default(defaultLimits.lanes),
  ENGINE_LEASE: variable
    .durationMs()
    .refine((ms) => ms >= leaseMsMin, `expected at least ${leaseMsMin / 1_000}s`)
    .default(defaultLimits.leaseMs),
})

export interface EngineConfig {
  /**
   * Under which name shards are held; never another engine's. Whoever starts under its predecessor's
   * name takes over from it at once, and need not wait until the leases run out.
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
