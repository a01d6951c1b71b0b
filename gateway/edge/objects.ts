// The bytes of attachments on the gateway's port, streamed both ways: whoever is slow is waited for, and
// a transfer holds no more than a few pieces in memory, however large the object.
import type { TemplatedApp, HttpResponse as UwsResponse } from 'uWebSockets.js'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import { bodyDiscardedBytesMax, downloadChunkBytes, transferMsMax } from '../limits.ts'
import type { HttpResponse } from '../ports/http.ts'
import type { ObjectAnswer, ObjectHandler } from '../ports/objects.ts'
import { requestHead, writeHead, writeResponse } from './http.ts'
import { IncomingBody } from './object-body.ts'
import { Exchange } from './object-exchange.ts'

export interface ObjectMountOptions {
  readonly handler: ObjectHandler
  /** Believe a proxy in front about the client's address. */
  readonly trustProxy: boolean
  readonly clock: Clock
  readonly log: Logger
}

type Receiving = Extract<ObjectAnswer, { readonly type: 'receive' }>
type Sending = Extract<ObjectAnswer, { readonly type: 'send' }>

/** A request that is being answered. */
interface Transfer {
  readonly res: UwsResponse
  readonly method: string
  readonly exchange: Exchange
  readonly body: IncomingBody
}

/** Answers every request below `/objects/` with `handler`. */
export function mountObjects(app: TemplatedApp, options: ObjectMountOptions): void {
  app.any('/objects/*', (res, req) => {
    const request = requestHead(res, req, options.trustProxy)
    const exchange = new Exchange()
    res.onAborted(() => exchange.abort())
    res.onWritable(() => {
      exchange.wake()
      return true
    })
    const body = new IncomingBody(res, exchange)
    const transfer = { res, method: request.method, exchange, body }
    const timer = options.clock.after(transferMsMax, () => exchange.expire())
    options
      .handler(request)
      .then((answer) => transferred(transfer, answer))
      .catch((err: unknown) => {
        options.log.error({ err }, 'an object could not be transferred')
        if (!exchange.isAborted) res.close()
      })
      .finally(() => timer.cancel())
  })
}

async function transferred(transfer: Transfer, answer: ObjectAnswer): Promise<void> {
  if (answer.type === 'receive') return await receive(transfer, answer)
  await readPast(transfer.body)
  if (answer.type === 'send') await send(transfer, answer)
  else write(transfer, answer.response)
}

/** As far as is sensible: a sender that is cut off while it sends does not hear the answer. */
async function readPast(body: IncomingBody): Promise<void> {
  let bytes = 0
  try {
    await body.pourInto(async ({ byteLength }) => {
      bytes += byteLength
      if (bytes > bodyDiscardedBytesMax) throw new BodyTooLarge()
    })
  } catch (error) {
    if (!(error instanceof BodyTooLarge)) throw error
  }
}

class BodyTooLarge extends Error {}

async function receive(transfer: Transfer, answer: Receiving): Promise<void> {
  const { exchange, body } = transfer
  const { receiver } = answer
  let isWhole = false
  try {
    isWhole = await body.pourInto((chunk) => receiver.write(chunk))
    if (isWhole) await receiver.finish()
  } catch (error) {
    await receiver.abort()
    return write(transfer, answer.response({ error }))
  }
  if (isWhole) return write(transfer, answer.response('whole'))
  await receiver.abort()
  if (exchange.isLate) write(transfer, answer.response('late'))
}

/** What the socket did not take is read again: nothing is kept for a reader that is slow. */
async function send(transfer: Transfer, { head, bytes, reader }: Sending): Promise<void> {
  const { res, method, exchange, body } = transfer
  try {
    // What is left unread of a request is in the way of the next one.
    if (!body.isWhole && !exchange.isAborted) return void res.close()
    if (method === 'HEAD' || bytes === 0) return sendHead(transfer, head, bytes)
    for (let isBegun = false; !exchange.isOver; isBegun = true) {
      const chunk = await reader.read(isBegun ? res.getWriteOffset() : 0, downloadChunkBytes)
      if (exchange.isOver) break
      let state: [isTaken: boolean, isDone: boolean] = [false, false]
      res.cork(() => {
        if (!isBegun) writeHead(res, head)
        state = res.tryEnd(chunk, bytes)
      })
      const [isTaken, isDone] = state
      if (isDone) return
      if (!isTaken) await exchange.change()
    }
    if (!exchange.isAborted) res.close()
  } finally {
    await reader.close()
  }
}

function sendHead({ res, exchange }: Transfer, head: Sending['head'], bytes: number): void {
  if (exchange.isAborted) return
  res.cork(() => {
    writeHead(res, head)
    res.endWithoutBody(bytes)
  })
}

function write({ res, method, exchange, body }: Transfer, response: HttpResponse): void {
  if (exchange.isAborted) return
  res.cork(() => writeResponse(res, method, response, !body.isWhole))
}
