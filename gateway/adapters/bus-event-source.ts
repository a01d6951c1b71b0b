// Committed events, heard on the bus.

import type { Bus } from '../../platform/bus/bus.ts'
import type { LotEvents } from '../../protocol/engine.ts'
import type { Revocation, UserEvents } from '../../protocol/notifications.ts'
import { lotEventsSubject, revocationsSubject, userEventsSubject } from '../../protocol/subjects.ts'
import type { EventSource } from '../ports/event-source.ts'
import type { RevocationBoard } from '../ports/revocation-board.ts'

/** What is said on these subjects has the type that `protocol/subjects.ts` gives them. */
export function createBusEventSource(bus: Bus): EventSource {
  return {
    listenLot: (lotId, handler) =>
      bus.listen(lotEventsSubject(lotId), (message) => handler(message as LotEvents)),
    listenUser: (userId, handler) =>
      bus.listen(userEventsSubject(userId), (message) => handler(message as UserEvents)),
    listenRevocations: (handler) =>
      bus.listen(revocationsSubject, (message) => handler(message as Revocation)),
  }
}

export function createBusRevocationBoard(bus: Bus): RevocationBoard {
  return { post: (revocation) => bus.publish(revocationsSubject, revocation) }
}
