// A load test's people come from one address and are as fast as it wants them to be.
import { NO_LIMITS } from '../../platform/limits/no-limits.ts'

export const unlimited = { ...NO_LIMITS, DEV_TOKENS: 'true' } as const
