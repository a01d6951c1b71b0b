// One person's connection, made again whenever it is lost, and asked again whatever got no answer.
import type { MethodName } from '../protocol/methods.ts'
import { patiently } from './patience.ts'
import { connectWire, type WireClient, type WireOptions } from './wire-client.ts'

export interface SteadyClient {
  /** Asked until it is answered. @throws as `patiently` does */
  readonly request: WireClient['request']
  /** The `data` of the reply to a method that may be called twice, as all with an id may. */
  rpc(method: MethodName, data: unknown): Promise<unknown>
  close(): Promise<void>
}

export interface SteadyOptions extends Omit<WireOptions, 'onClose'> {
  /** Called when the connection has ended by itself; the next request makes another. */
  readonly onLost?: () => void
}

/** @throws CommandError, ConnectionLost, or the socket's error, where the first connection fails */
export async function createSteadyClient(options: SteadyOptions): Promise<SteadyClient> {
  let connection: Promise<WireClient> | undefined
  let isClosed = false

  async function connect(): Promise<WireClient> {
    const client = await connectWire(options)
    const noteLoss = async () => {
      await client.closed
      connection = undefined
      if (!isClosed) options.onLost?.()
    }
    void noteLoss()
    return client
  }

  async function connected(): Promise<WireClient> {
    connection ??= connect()
    try {
      return await connection
    } catch (error) {
      connection = undefined
      throw error
    }
  }

  const request: WireClient['request'] = (name, params) =>
    patiently(async () => await (await connected()).request(name, params))
  await connected()
  return {
    request,
    rpc: async (method, data) => (await request('rpc', { method, data })).data,
    async close() {
      isClosed = true
      const last = await connection?.catch(() => undefined)
      await last?.close()
    },
  }
}
