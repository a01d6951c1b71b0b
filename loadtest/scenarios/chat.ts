// Pairs that talk, each in a conversation of its own.
import { randomUUID } from 'node:crypto'
import { Failure } from '../../platform/failure.ts'
import { chatChannel } from '../../protocol/channels.ts'
import { messageCharactersMax } from '../../protocol/message-text.ts'
import { auditChat, chatEnds } from '../audit/chat-audit.ts'
import type { LoadClient } from '../client/load-client.ts'
import { eachOf } from '../each-of.ts'
import { createHttpClient } from '../http-client.ts'
import type { Plan } from '../run/plan.ts'
import {
  type Act,
  type Crew,
  type House,
  type Scenario,
  type Stage,
  type StagedConversation,
  userOf,
} from '../run/scenario.ts'
import { StreamWitness } from '../witness/stream-witness.ts'
import { inPieces, watchedIn } from '../witness/watched.ts'
import { Asking } from './asking.ts'
import { Company } from './company.ts'
import { pairsOf } from './pairs.ts'
import { type Conversing, type MessageTestimony, Talker } from './talker.ts'

const opensAtOnce = 16
/** What people say, as long as it is to be; no rule of moderation minds it. */
const words = 'is the lamp still there and does it come with the shade '

export const chat: Scenario = {
  says: 'devices talk in pairs, all together at --rate, and mark what they hear as delivered and read',
  defaults: { connections: 200, rate: 200 },
  prepare: openConversations,
  act: talk,
  isNotified: () => true,
  ends: chatEnds,
  audit: auditChat,
}

/** `phrase` as often as it makes as many bytes as the plan wants. @throws Failure */
export function textOf({ payload }: Pick<Plan, 'payload'>, phrase: string): string {
  const bytesEach = Buffer.byteLength(phrase) / phrase.length
  const characters = Math.floor(payload / bytesEach)
  if (characters <= messageCharactersMax) {
    return phrase.repeat(Math.ceil(characters / phrase.length)).slice(0, characters)
  }
  throw new Failure(`A message has at most ${messageCharactersMax} characters.`, {
    hint: 'Give a smaller --payload.',
  })
}

/** @throws HttpError, Failure */
export async function openConversations({ http, tokens }: House, plan: Plan): Promise<Stage> {
  const stage = { runId: randomUUID().slice(0, 8), lots: [], madeAtMs: Date.now() }
  const conversations: StagedConversation[] = []
  await eachOf(pairsOf(plan), opensAtOnce, async ({ first, second, nth }) => {
    const buyer = userOf(stage, first)
    const ofBuyer = createHttpClient(http.url, await tokens(buyer))
    const peerId = userOf(stage, second)
    const open = { listingId: `lamp-of-${peerId}`, peerId, role: 'buyer' }
    const { conversationId } = await ofBuyer.call('POST', '/v1/conversations', open)
    if (typeof conversationId !== 'string') {
      throw new Failure('The server opens no conversations.')
    }
    conversations[nth] = { conversationId, member: buyer }
  })
  return { ...stage, conversations }
}

function talk(crew: Crew): Act {
  const { plan, stage, share, devices, recorder } = crew
  const witness = new StreamWitness()
  const testimony: MessageTestimony[] = []
  const messages = new Asking(crew, 'message')
  const marks = new Asking(crew)
  recorder.level('waiting', () => messages.waiting)
  const conversing: Conversing = {
    crew,
    messages,
    marks,
    text: textOf(plan, words),
    testify: (sent) => void testimony.push(sent),
  }
  const everywhere = pairsOf(plan)
  const here = everywhere.filter(({ first }) => first >= share.from && first < share.to)
  const channels = new Map<number, string>()
  for (const { first, second, nth } of here) {
    const channel = chatChannel(stage.conversations[nth]?.conversationId ?? '')
    channels.set(first, channel).set(second, channel)
  }
  const company = new Company()
  return {
    cast(nth) {
      const channel = channels.get(nth)
      return { user: userOf(stage, nth), channels: channel === undefined ? [] : [channel] }
    },
    observer: {
      subscribed(client, channel, result) {
        witness.subscribed(client, channel, result)
        if (channel.startsWith('chat:')) company.subscribed(client, result)
      },
      published(client, channel, publication) {
        witness.published(client, channel, publication)
        if (channel.startsWith('chat:')) company.published(client, publication)
      },
    },
    async perform() {
      for (const { first, second, nth } of here) {
        const conversationId = stage.conversations[nth]?.conversationId ?? ''
        const talker = (device: LoadClient | undefined) => {
          if (device === undefined) throw new RangeError('a pair lacks a device')
          return new Talker(conversing, device, userOf(stage, device.nth), conversationId)
        }
        company.meet(talker(devices[first - share.from]), talker(devices[second - share.from]))
      }
      await company.talk(crew, (plan.rate * here.length) / everywhere.length)
      await messages.allKnown()
      // A mark that is set while it is judged would leave everybody behind.
      await marks.allKnown()
    },
    *testify() {
      yield [watchedIn(crew, 2 * here.length, witness.account())]
      yield* inPieces(testimony)
    },
  }
}
