// What a server may say wrong to those who come back, and have missed something.
import type { LotPublication } from '../../protocol/auction.ts'
import type { Publication, ServerMessage, SubscribeResult } from '../../protocol/frames.ts'
import { toldIn } from './lies.ts'
import type { Lie } from './lying-passage.ts'

type Publications = readonly Publication[]

/** What becomes of the reply by which somebody has recovered. */
export type Falsified = (
  result: SubscribeResult & { readonly publications: Publications },
) => SubscribeResult

/**
 * Every other device loses its connection before the third publication on such a channel, and what it is told when it
 * is back is falsified.
 * @param devices as many connections are the first ones
 */
export function liesOnReturn(
  channels: string,
  falsified: Falsified,
  devices: number,
): (nth: number) => Lie {
  return (nth) => {
    if (nth >= devices)
      return { message: (message) => [toldOnReturn(message, channels, falsified)] }
    return nth % 2 === 0 ? breaksOff(channels) : {}
  }
}

function breaksOff(channels: string): Lie {
  let count = 0
  return {
    isLostBefore(message) {
      if (toldIn(message, channels) !== undefined) count += 1
      return count >= 3
    },
  }
}

/** Streams that a device asks for have replies of their own; its feed comes with the greeting. */
function toldOnReturn(
  message: ServerMessage,
  channels: string,
  falsified: Falsified,
): ServerMessage {
  if (!('id' in message)) return message
  if ('subscribe' in message && channels !== feeds) {
    return { id: message.id, subscribe: lied(message.subscribe, falsified) }
  }
  if (!('connect' in message) || channels !== feeds) return message
  const subs = Object.entries(message.connect.subs).map(
    ([channel, result]) => [channel, lied(result, falsified)] as const,
  )
  return { id: message.id, connect: { ...message.connect, subs: Object.fromEntries(subs) } }
}

const feeds = 'user:'

function lied(result: SubscribeResult, falsified: Falsified): SubscribeResult {
  const { recovered, publications = [] } = result
  return recovered === true && publications.length > 0
    ? falsified({ ...result, publications })
    : result
}

export const honestly: Falsified = (result) => result

/** Of the publications that come with the reply. */
function publicationsOnReturn(change: (told: Publications) => Publications): Falsified {
  return (result) => ({ ...result, publications: change(result.publications) })
}

export const withoutTheFirst = publicationsOnReturn((told) => told.slice(1))
export const withoutTheLast = publicationsOnReturn((told) => told.slice(0, -1))
export const withTheFirstTwice = publicationsOnReturn((told) => [...told.slice(0, 1), ...told])
export const backwards = publicationsOnReturn((told) => told.toReversed())
/** As if nothing had been missed. */
export const withNothing = publicationsOnReturn(() => [])

/** As to somebody who has never been there, so that nobody looks for what was missed. */
export const asToSomebodyNew: Falsified = ({ epoch = '', offset = 0 }) => ({ epoch, offset })

/** A lot's newest state, and then one from before it. */
export const thenAnOlderState = publicationsOnReturn((told) => {
  const newest = told.at(-1)
  if (newest === undefined) return told
  const { offset = 0 } = newest
  const data = newest.data as LotPublication
  const lot = { ...data.lot, seq: offset - 1 }
  return [...told, { offset: offset - 1, data: { ...data, lot } }]
})
