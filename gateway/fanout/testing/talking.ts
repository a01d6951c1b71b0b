// Conversations on a hub in the air: one of two people, one room, and what sockets were told of them.
import type { ChatPublication, ChatSnapshot } from '../../../protocol/chat.ts'
import type { SubscribeResult } from '../../../protocol/frames.ts'
import { saleRoomId, talkId } from '../../testing/talks.ts'
import { Air, type FakeSocket } from './air.ts'

export const talk = `chat:${talkId}`
export const room = `chat:${saleRoomId}`
/** With the offset behind it: where a client says it was. */
export const from = { recover: true, epoch: 'e' }

/** A hub that has started, with both conversations. */
export async function talkingAir(): Promise<Air> {
  const air = new Air()
  air.streams.talks.open(talkId, 'direct')
  air.streams.talks.open(saleRoomId, 'room')
  await air.hub.start()
  return air
}

/** All publications that the socket was sent. */
export const told = (socket: FakeSocket): ChatPublication[] =>
  socket.publications.map(({ data }) => data as ChatPublication)

/** What the messages of the publications say. */
export const textsOf = (publications: readonly ChatPublication[]): (string | undefined)[] =>
  publications.map(({ message }) => message?.text)

/** What those say that came with the reply to a subscription. */
export const recoveredTexts = ({ publications = [] }: SubscribeResult): (string | undefined)[] =>
  textsOf(publications.map(({ data }) => data as ChatPublication))

/** The snapshot of the reply. */
export const dataOf = ({ data }: SubscribeResult): ChatSnapshot => data as ChatSnapshot

/** What the messages of the snapshot say. */
export const textsIn = (result: SubscribeResult): string[] =>
  dataOf(result).messages.map(({ text }) => text)
