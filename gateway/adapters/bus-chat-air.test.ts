import { expect, test } from 'vitest'
import { createInProcessBus } from '../../platform/bus/in-process-bus.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import type { ChatEvents } from '../../protocol/chat-store.ts'
import { noonMs } from '../testing/people.ts'
import { talkId } from '../testing/talks.ts'
import { createBusChatAir } from './bus-chat-air.ts'
import { createBusEventSource } from './bus-event-source.ts'

test('what is said of a conversation is heard by every gateway that listens to it, and to no other', async () => {
  const bus = createInProcessBus({ copy: true })
  const heard: ChatEvents[] = []
  const elsewhere: ChatEvents[] = []
  const gateways = [createBusEventSource(bus), createBusEventSource(bus)]
  const unlisten = await Promise.all([
    ...gateways.map((events) => events.listenChat(talkId, (said) => void heard.push(said))),
    createBusEventSource(bus).listenChat('another', (said) => void elsewhere.push(said)),
  ])
  const air = createBusChatAir(bus)
  const typing = { conversationId: talkId, typing: { userId: 'ann', expiresAt: noonMs } }
  const left = {
    conversationId: talkId,
    presence: { change: 'leave', client: 'c', userId: '' },
  } as const
  air.say(typing)
  air.say(left)
  await waitFor(() => heard.length === 4)
  expect(heard).toEqual([typing, typing, left, left])
  expect(elsewhere).toEqual([])
  for (const end of unlisten) end()
})
