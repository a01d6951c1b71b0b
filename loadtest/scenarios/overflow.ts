// Conversations that are louder than their listeners: one of each pair reads nothing for a while, is closed for that
// (3008), and comes back. Of what it missed nothing may be lost.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { chatChannel } from '../../protocol/channels.ts'
import type { ChatOutcome } from '../../protocol/chat.ts'
import { auditChat, chatEnds } from '../audit/chat-audit.ts'
import type { LoadClient } from '../client/load-client.ts'
import { atPace } from '../run/pace.ts'
import { type Act, type Crew, type Scenario, userOf } from '../run/scenario.ts'
import { StreamWitness } from '../witness/stream-witness.ts'
import { inPieces, watchedIn } from '../witness/watched.ts'
import { Asking } from './asking.ts'
import { openConversations, textOf } from './chat.ts'
import { pairsOf } from './pairs.ts'
import { readNothingForAWhile } from './slow-reading.ts'
import type { MessageTestimony } from './talker.ts'

/** Three bytes each: what is said fills a socket sooner than it tires the database. */
const words = '燈還在嗎'

export const overflow: Scenario = {
  says: 'one of each pair talks, the other one reads nothing for twelve seconds; of what it missed nothing may be lost',
  // Within that time more waits for each than the kernel and the server hold together.
  defaults: { connections: 4, rate: 150, payload: 12_000, duration: 30 },
  prepare: openConversations,
  act: talkAtListeners,
  isNotified: () => true,
  ends: chatEnds,
  audit: auditChat,
}

/** Two devices that share a conversation. */
interface Speech {
  readonly talker: LoadClient
  readonly listener: LoadClient
  readonly conversationId: string
}

function talkAtListeners(crew: Crew): Act {
  const { plan, stage, share, devices, recorder, random, signal } = crew
  const witness = new StreamWitness()
  const testimony: MessageTestimony[] = []
  const messages = new Asking(crew, 'message')
  recorder.level('waiting', () => messages.waiting)
  const everywhere = pairsOf(plan)
  const here = everywhere.filter(({ first }) => first >= share.from && first < share.to)
  const conversationOf = new Map<number, string>()
  for (const { first, second, nth } of here) {
    const { conversationId = '' } = stage.conversations[nth] ?? {}
    conversationOf.set(first, conversationId).set(second, conversationId)
  }
  const listeners = new Set(here.map(({ second }) => second))
  const text = textOf(plan, words)

  function say({ talker, conversationId }: Speech, dueMs: number): void {
    const [user, clientMessageId] = [userOf(stage, talker.nth), randomUUID()]
    const said = { type: 'message', conversationId, user, clientMessageId } as const
    recorder.count('sent')
    messages.ask<ChatOutcome>({
      device: talker,
      method: 'chat.send',
      params: { conversationId, clientMessageId, text },
      dueMs,
      attempted: (answer, times) => void testimony.push({ ...said, ...times, answer }),
    })
  }

  return {
    cast(nth) {
      const conversationId = conversationOf.get(nth)
      const channels = conversationId === undefined ? [] : [chatChannel(conversationId)]
      return { user: userOf(stage, nth), channels }
    },
    isSlow: (nth) => listeners.has(nth),
    observer: witness,
    async perform() {
      const speeches = here.map(({ first, second, nth }): Speech => {
        const [talker, listener] = [devices[first - share.from], devices[second - share.from]]
        if (talker === undefined || listener === undefined) {
          throw new RangeError('a pair lacks a device')
        }
        return { talker, listener, conversationId: stage.conversations[nth]?.conversationId ?? '' }
      })
      const perSecond = (plan.rate * here.length) / everywhere.length
      const durationMs = plan.duration * 1_000
      const act = (dueMs: number) => {
        const speech = speeches[Math.floor(random() * speeches.length)]
        if (speech !== undefined) say(speech, dueMs)
      }
      await Promise.all([
        speeches.length === 0
          ? sleep(durationMs, undefined, { signal })
          : atPace({ perSecond, durationMs, random, signal, act }),
        readNothingForAWhile(
          crew,
          speeches.map(({ listener }) => listener),
        ),
      ])
      await messages.allKnown()
    },
    *testify() {
      yield [watchedIn(crew, 2 * here.length, witness.account())]
      yield* inPieces(testimony)
    },
  }
}
