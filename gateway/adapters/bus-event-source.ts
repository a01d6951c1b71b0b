// Committed events, heard on the bus.
import type { Bus } from '../../platform/bus/bus.ts'
import {
  blockChangesSubject,
  chatEventsSubject,
  lotEventsSubject,
  userEventsSubject,
} from '../../protocol/subjects.ts'
import type { EventSource } from '../ports/event-source.ts'

type Listener = Parameters<Bus['listen']>[1]

/** What is said on these subjects has the type that `protocol/subjects.ts` gives them. */
export function createBusEventSource(bus: Bus): EventSource {
  return {
    listenLot: (lotId, handler) => bus.listen(lotEventsSubject(lotId), handler as Listener),
    listenUser: (userId, handler) => bus.listen(userEventsSubject(userId), handler as Listener),
    listenChat: (conversationId, handler) =>
      bus.listen(chatEventsSubject(conversationId), handler as Listener),
    listenBlocks: (handler) => bus.listen(blockChangesSubject, handler as Listener),
  }
}
