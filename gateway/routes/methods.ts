// Every method of `protocol/methods.ts` with what answers it. A method without a handler does not compile.
import { type BidRoutesOptions, bidRoutes } from './bids.ts'
import { type LotRoutesOptions, lotRoutes } from './lots.ts'
import type { MethodHandlers } from './method.ts'

export type MethodRoutesOptions = BidRoutesOptions & LotRoutesOptions

export function methodRoutes(options: MethodRoutesOptions): MethodHandlers {
  return {
    ...bidRoutes(options),
    ...lotRoutes(options),
    'time.sync': async () => ({ kind: 'data', data: { serverTime: options.clock.nowMs() } }),
  }
}
