// The chat store put together: what stands behind each port.
import type { Bus } from '../platform/bus/bus.ts'
import type { Clock } from '../platform/clock.ts'
import type { Part } from '../platform/lifecycle.ts'
import type { Logger } from '../platform/log.ts'
import type { Registry } from '../platform/metrics.ts'
import type { ObjectStore } from '../platform/objects/object-store.ts'
import type { Pool } from '../platform/postgres/pool.ts'
import { attachmentTypes } from './adapters/attachment-types.ts'
import { createPostgresAttachmentRegister } from './adapters/postgres-attachment-register.ts'
import { createPostgresChatHouse } from './adapters/postgres-chat-house.ts'
import { createPostgresChatKeeping } from './adapters/postgres-chat-keeping.ts'
import { createPostgresChatLog } from './adapters/postgres-chat-log.ts'
import { createPostgresChatOutbox } from './adapters/postgres-chat-outbox.ts'
import type { ChatConfig } from './config.ts'
import { defaultLimits, defaultRetention } from './limits.ts'
import type { ChatHouse } from './ports/chat-house.ts'
import { AttachmentDesk } from './shell/attachment-desk.ts'
import { AttachmentSweeper } from './shell/attachment-sweeper.ts'
import { createChatMetrics } from './shell/chat-metrics.ts'
import { ChatStore } from './shell/chat-store.ts'
import { Housekeeping } from './shell/housekeeping.ts'

export interface CreateChatStoreOptions extends Partial<ChatConfig> {
  /** At this version's tables by the time the store starts. Each lane keeps one of its connections. */
  readonly pool: Pool
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Registry
  /** Where attachments lie. Without it nothing can be attached. */
  readonly objects?: ObjectStore
}

/** The store, and what looks after what it keeps, in the order in which they start. */
export function createChatStore(options: CreateChatStoreOptions): Part[] {
  const { pool, limits = defaultLimits, retention = defaultRetention } = options
  const house = createPostgresChatHouse(pool)
  const attachments = attachmentsOf(options, house)
  const store = new ChatStore({
    ...options,
    ...(attachments === undefined ? {} : { attachments: attachments.desk }),
    limits,
    house,
    metrics: createChatMetrics(options.metrics),
    makeLog: () => createPostgresChatLog(pool),
    outbox: createPostgresChatOutbox(pool),
  })
  const housekeeping = new Housekeeping({
    ...options,
    retention,
    keeping: createPostgresChatKeeping(pool),
    submit: (command) => store.submit(command).then((outcome) => outcome === undefined),
  })
  // Housekeeping first: the month has its room before a message is taken.
  return [housekeeping, store, ...(attachments === undefined ? [] : [attachments.sweeper])]
}

function attachmentsOf({ objects, pool, clock, log }: CreateChatStoreOptions, house: ChatHouse) {
  if (objects === undefined) return undefined
  const register = createPostgresAttachmentRegister(pool)
  const shared = { register, objects, clock, log }
  return {
    desk: new AttachmentDesk({ ...shared, house, types: attachmentTypes }),
    sweeper: new AttachmentSweeper(shared),
  }
}
