// Requests that are being answered: whoever stops the server waits for them.
import type { Part } from '../../../platform/lifecycle.ts'
import type { HttpHandler } from '../../ports/http.ts'

export interface InFlight {
  readonly handler: HttpHandler
  /** Its drain ends when no request is being answered, or when its time is up. */
  readonly part: Part
}

export function createInFlight(handler: HttpHandler): InFlight {
  let count = 0
  let idle: (() => void) | undefined
  return {
    handler: async (request) => {
      count += 1
      try {
        return await handler(request)
      } finally {
        count -= 1
        // The response is written before this turn ends.
        if (count === 0) setImmediate(() => idle?.())
      }
    },
    part: {
      name: 'http requests',
      start: async () => {},
      drain: async (signal) => {
        if (count === 0) return
        await new Promise<void>((resolve) => {
          idle = resolve
          signal.addEventListener('abort', () => resolve(), { once: true })
        })
      },
      stop: async () => {},
    },
  }
}
