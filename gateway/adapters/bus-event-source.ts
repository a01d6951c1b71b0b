// Committed events, heard on the bus.
import type { Bus } from '../../platform/bus/bus.ts'
import type { UserEvents } from '../../protocol/notifications.ts'
import {
  allUserEventsSubject,
  blockChangesSubject,
  chatEventsSubject,
  lotEventsSubject,
  userEventsSubject,
} from '../../protocol/subjects.ts'
import type { EventSource, Unlisten } from '../ports/event-source.ts'

type Listener = Parameters<Bus['listen']>[1]

const nothing: Unlisten = () => {}

/** What is said on these subjects has the type that `protocol/subjects.ts` gives them. */
export function createBusEventSource(bus: Bus): EventSource {
  return {
    listenLot: (lotId, handler) => bus.listen(lotEventsSubject(lotId), handler as Listener),
    ...userEvents(bus),
    listenChat: (conversationId, handler) =>
      bus.listen(chatEventsSubject(conversationId), handler as Listener),
    listenBlocks: (handler) => bus.listen(blockChangesSubject, handler as Listener),
  }
}

/**
 * Over a network a gateway hears its own users alone. Within the process it hears them all, which spares a
 * subscription, 380 bytes, for each connection.
 */
function userEvents(bus: Bus): Pick<EventSource, 'hearUsers' | 'listenUser'> {
  if (bus.isLocal === true) {
    return {
      hearUsers: (handler) => bus.listen(allUserEventsSubject, handler as Listener),
      listenUser: async () => nothing,
    }
  }
  let tell: (events: UserEvents) => void = nothing
  const heard: Listener = (events) => tell(events as UserEvents)
  return {
    hearUsers: async (handler) => {
      tell = handler
      return () => {
        tell = nothing
      }
    },
    listenUser: (userId) => bus.listen(userEventsSubject(userId), heard),
  }
}
