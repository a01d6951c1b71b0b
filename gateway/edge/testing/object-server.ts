// The bytes of attachments on a real server and a free port, in a throwaway folder.

import { App } from 'uWebSockets.js'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../../platform/clock.ts'
import { createLogger } from '../../../platform/log.ts'
import { createMetrics } from '../../../platform/metrics.ts'
import {
  type FolderObjectStore,
  openFolderObjectStore,
} from '../../../platform/objects/folder-object-store.ts'
import { VirtualClock } from '../../../platform/testing/virtual-clock.ts'
import type { ObjectHandler } from '../../ports/objects.ts'
import { createHttpMetrics } from '../../routes/http/metrics.ts'
import { createObjectHandler } from '../../routes/http/objects.ts'
import { Transfers } from '../../routes/http/transfers.ts'
import { mountHttp } from '../http.ts'
import { mountObjects } from '../objects.ts'
import { listening } from './listening.ts'

export interface ObjectServer {
  readonly store: FolderObjectStore
  readonly clock: VirtualClock
  readonly port: number
  readonly transfers: Transfers
  /** The store as it is for somebody with another clock. */
  storeAt(clock: Clock): Promise<FolderObjectStore>
  /** What is half received. */
  incoming(): Promise<readonly string[]>
  /** The metrics' text. */
  metrics(): Promise<string>
  close(): Promise<void>
}

export interface ObjectServerOptions {
  readonly allowedOrigins?: readonly string[]
  readonly transfersMax?: number
  /** Stands before the handler of objects. */
  readonly around?: (handler: ObjectHandler) => ObjectHandler
}

export async function startObjectServer(options: ObjectServerOptions = {}): Promise<ObjectServer> {
  const { allowedOrigins = [], transfersMax = 32, around = (handler) => handler } = options
  const folder = await mkdtemp(join(tmpdir(), 'outcry-edge-objects-'))
  const clock = new VirtualClock(Date.now())
  const log = createLogger({ name: 'test', level: 'silent' })
  const metrics = createMetrics({ role: 'test', ofProcess: false })
  const transfers = new Transfers(transfersMax)
  const app = App()
  const port = await listening(app)
  const publicUrl = `http://127.0.0.1:${port}`
  const storeAt = (at: Clock): Promise<FolderObjectStore> =>
    openFolderObjectStore({ folder, secret: 'a secret of the tests', publicUrl, clock: at })
  const store = await storeAt(clock)
  const handler = createObjectHandler({
    folder: store,
    transfers,
    allowedOrigins,
    metrics: createHttpMetrics(metrics),
    log,
  })
  const shared = { trustProxy: false, log }
  mountHttp(app, {
    ...shared,
    secure: false,
    handler: async () => ({ status: 418, headers: {}, body: '' }),
  })
  mountObjects(app, { ...shared, handler: around(handler), clock })
  return {
    store,
    clock,
    port,
    transfers,
    storeAt,
    incoming: () => readdir(join(folder, '.incoming')),
    metrics: () => metrics.metrics(),
    async close() {
      app.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
