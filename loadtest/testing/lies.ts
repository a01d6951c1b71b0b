// What a server may do wrong, one thing each, often enough for a short run to meet it.
import { randomUUID } from 'node:crypto'
import type { LotPublication } from '../../protocol/auction.ts'
import type { ChatPublication } from '../../protocol/chat.ts'
import type { Publication, Push, ServerMessage } from '../../protocol/frames.ts'
import type { Notification } from '../../protocol/notifications.ts'
import type { Lie, Said } from './lying-passage.ts'

type Told = Extract<Push['push'], { readonly pub: unknown }>

/** The publication in it, where it is one of such a channel. */
export function toldIn(message: ServerMessage, channels: string): Told | undefined {
  if (!('push' in message) || !('pub' in message.push)) return undefined
  const isStream =
    message.push.channel.startsWith(channels) && message.push.pub.offset !== undefined
  return isStream ? message.push : undefined
}

/** Which of all publications a connection is lied to about. */
function someOf(channels: string, every = 4): (message: ServerMessage) => Told | undefined {
  let count = 0
  return (message) => {
    const told = toldIn(message, channels)
    if (told === undefined) return undefined
    count += 1
    return count % every === 0 ? told : undefined
  }
}

export function loses(channels: string, every?: number): Lie {
  const chosen = someOf(channels, every)
  return { message: (message) => (chosen(message) === undefined ? [message] : []) }
}

/** From the third on. */
export function fallsSilent(channels: string): Lie {
  let count = 0
  return {
    message(message) {
      if (toldIn(message, channels) === undefined) return [message]
      count += 1
      return count < 3 ? [message] : []
    },
  }
}

/** Of each three the last alone is told, and says that it stands for them, or does not. */
export function skips(channels: string, isMarked: boolean): Lie {
  let fromSeq: number | undefined
  let skipped = 0
  return {
    message(message) {
      const told = toldIn(message, channels)
      if (told === undefined) return [message]
      const data = told.pub.data as LotPublication
      fromSeq ??= data.fromSeq ?? data.lot.seq
      skipped += 1
      if (skipped % 3 !== 0) return []
      const pub = isMarked ? { ...told.pub, data: { ...data, fromSeq } } : told.pub
      fromSeq = undefined
      return [{ push: { ...told, pub } }]
    },
  }
}

export function doubles(channels: string, every?: number): Lie {
  const chosen = someOf(channels, every)
  return { message: (message) => (chosen(message) === undefined ? [message] : [message, message]) }
}

/** Each fourth is told after the fifth. */
export function reorders(channels: string): Lie {
  const chosen = someOf(channels)
  let late: ServerMessage | undefined
  return {
    message(message) {
      if (toldIn(message, channels) === undefined) return [message]
      if (chosen(message) !== undefined) {
        late = message
        return []
      }
      const [told, held] = [message, late]
      late = undefined
      return held === undefined ? [told] : [told, held]
    },
  }
}

export function falsifies(
  channels: string,
  falsify: (data: unknown) => unknown,
  every?: number,
): Lie {
  const chosen = someOf(channels, every)
  return {
    message(message) {
      const told = chosen(message)
      if (told === undefined) return [message]
      const pub: Publication = { ...told.pub, data: falsify(told.pub.data) }
      return [{ push: { ...told, pub } }]
    },
  }
}

export function withAnotherPrice(data: unknown): LotPublication {
  const told = data as LotPublication
  return { ...told, lot: { ...told.lot, price: (told.lot.price ?? 0) + 1 } }
}

export function withAnotherType(data: unknown): Notification {
  return { ...(data as Notification), type: 'lot_ending' }
}

export function withAnotherMessage(data: unknown): ChatPublication {
  const { message, ...told } = data as ChatPublication
  return message === undefined
    ? told
    : { ...told, message: { ...message, messageId: randomUUID() } }
}

/** Every fourth command with this method is answered as taken, and goes nowhere. */
export function takesForNothing(method: string): Lie {
  const chosen = someCommands(method)
  return {
    command(said) {
      if (!chosen(said)) return { forward: [said] }
      const { lotId, conversationId, clientBidId, clientMessageId } = said.rpc?.data ?? {}
      const common = { outcome: 'accepted', serverTime: Date.now() }
      const data =
        method === 'bid.place'
          ? { ...common, lotId, clientBidId, seq: 1_000_000, leading: true }
          : { ...common, conversationId, clientMessageId, messageId: randomUUID(), seq: 1_000_000 }
      return { forward: [], answer: { rpc: { data } } }
    },
  }
}

/** Every fourth command with this method is carried out once more, under an id of nobody. */
export function doesTwice(method: string, id: string): Lie {
  const chosen = someCommands(method)
  let lastId = 1_000_000
  return {
    command(said) {
      const { rpc } = said
      if (rpc === undefined || !chosen(said)) return { forward: [said] }
      lastId += 1
      const again = { id: lastId, rpc: { ...rpc, data: { ...rpc.data, [id]: randomUUID() } } }
      return { forward: [said, again] }
    },
  }
}

/** The answer that says where a message stands says it of the message before. */
export function mixesUpAnswers(): Lie {
  let before: unknown
  return {
    message(message) {
      const data = answerIn(message)
      if (data === undefined || !('id' in message)) return [message]
      const told = before ?? data
      before = data
      return [{ id: message.id, rpc: { data: told } }]
    },
  }
}

function answerIn(message: ServerMessage): unknown {
  if (!('rpc' in message)) return undefined
  const { rpc } = message
  return 'data' in rpc && saysPlace(rpc.data) ? rpc.data : undefined
}

function saysPlace(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'messageId' in data && 'seq' in data
}

function someCommands(method: string, every = 4): (said: Said) => boolean {
  let count = 0
  return ({ rpc }) => {
    if (rpc?.method !== method) return false
    count += 1
    return count % every === 0
  }
}
