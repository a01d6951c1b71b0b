// What the method tables hold. The methods of `rpc` and, where they have one, their resource over HTTP
// stand in one entry, from which the gateway's routes, the printed protocol page and the description of
// the HTTP API are made. Path parameters in braces and the query or body are the same fields as the
// method's parameters.
import type { z } from 'zod'

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Who may call: `anyone` includes anonymous watchers, `user` needs a token. Further rights are in the gateway's table. */
export type MethodAudience = 'anyone' | 'user'

export interface MethodEntry {
  readonly params: z.ZodObject
  readonly http?: {
    readonly method: HttpMethod
    readonly path: string
    /** The status of an accepted outcome; a refused one answers 200. */
    readonly success: 200 | 201 | 202
    /** The parameter that the `Idempotency-Key` header fills where the body leaves it out. */
    readonly idempotencyKey?: 'commandId' | 'clientBidId' | 'clientMessageId'
  }
  readonly audience: MethodAudience
  /** The reply's `data` (over HTTP: the body). */
  readonly result: z.ZodType
  readonly summary: string
}

export type MethodTable = Record<string, MethodEntry>
