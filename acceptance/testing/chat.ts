// People who talk, through the public client.
import { randomUUID } from 'node:crypto'
import type { Centrifuge, ClientInfo, SubscribedContext, Subscription } from 'centrifuge'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { waitFor } from '../../platform/testing/wait-for.ts'
import { chatChannel } from '../../protocol/channels.ts'
import type {
  ChatOutcome,
  ChatPublication,
  ChatSnapshot,
  ConversationView,
  TypingPublication,
} from '../../protocol/chat.ts'
import type { MethodName } from '../../protocol/methods.ts'
import { type PublicClient, publicClient } from './public-client.ts'
import { startServer, type TestServer } from './server.ts'

/** Tests are faster than people: the limits of people are off, and tested where they are the matter. */
export const unhurried = {
  LIMIT_MESSAGES_PER_USER: 'off',
  LIMIT_CONVERSATIONS_OPENED_PER_USER: 'off',
  LIMIT_COMMANDS_PER_CONNECTION: 'off',
  LIMIT_REQUESTS_PER_TOKEN: 'off',
}

export interface Talker extends PublicClient {
  readonly user: string
  /** The method's `data`. @throws the protocol error where there is one */
  rpc<Result>(method: MethodName, params: object): Promise<Result>
  /** About a listing of `sellerId`'s. */
  open(sellerId: string, listingId?: string): Promise<ConversationView>
  say(
    conversationId: string,
    text: string,
    more?: Readonly<Record<string, unknown>>,
  ): Promise<ChatOutcome>
  join(conversationId: string): Promise<Joined>
}

type Said = ChatPublication | TypingPublication

/** A subscription to a conversation, and what came on it. */
export interface Joined {
  readonly subscription: Subscription
  readonly snapshot: ChatSnapshot
  /** The newest answer to `subscribe` last, after each recovery. */
  readonly subscribed: readonly SubscribedContext[]
  /** What has an offset, in order of arrival. */
  readonly events: readonly { readonly offset: number; readonly data: ChatPublication }[]
  readonly typing: readonly TypingPublication[]
  readonly joins: readonly ClientInfo[]
  readonly leaves: readonly ClientInfo[]
}

async function arriveAs(server: TestServer, user: string): Promise<Talker> {
  const client = publicClient(server, { user })
  const { centrifuge } = client
  const rpc = async <Result>(method: MethodName, params: object): Promise<Result> =>
    (await centrifuge.rpc(method, params)).data as Result
  await client.connect()
  return {
    ...client,
    user,
    rpc,
    open: (sellerId, listingId = randomUUID()) => rpc('chat.open', { listingId, peerId: sellerId }),
    say: (conversationId, text, more) =>
      rpc('chat.send', { conversationId, clientMessageId: randomUUID(), text, ...more }),
    join: (conversationId) => joinConversation(centrifuge, conversationId),
  }
}

async function joinConversation(centrifuge: Centrifuge, conversationId: string): Promise<Joined> {
  const subscription = centrifuge.newSubscription(chatChannel(conversationId), { joinLeave: true })
  const subscribed: SubscribedContext[] = []
  const events: { offset: number; data: ChatPublication }[] = []
  const typing: TypingPublication[] = []
  const joins: ClientInfo[] = []
  const leaves: ClientInfo[] = []
  subscription.on('subscribed', (context) => subscribed.push(context))
  subscription.on('publication', ({ offset, data }) => {
    const said = data as Said
    if (said.type === 'typing') typing.push(said)
    else events.push({ offset: offset ?? 0, data: said })
  })
  subscription.on('join', ({ info }) => joins.push(info))
  subscription.on('leave', ({ info }) => leaves.push(info))
  subscription.on('error', () => {})
  subscription.subscribe()
  const [first] = await waitFor(() => subscribed.length > 0 && subscribed, {
    what: `the subscription to ${conversationId}`,
  })
  const snapshot = first?.data as ChatSnapshot
  return { subscription, snapshot, subscribed, events, typing, joins, leaves }
}

/**
 * A server for the tests of one file, and people who arrive there. They leave after each test, so that nobody
 * stays. To be called once, at the top of the file; `server` is there while the tests run.
 */
export function chatServer(env: () => Readonly<Record<string, string>> = () => unhurried) {
  let running: TestServer | undefined
  const present: Talker[] = []
  const server = (): TestServer => {
    if (running === undefined) throw new Error('the server has not started')
    return running
  }
  const arrive = async (user: string): Promise<Talker> => {
    const talker = await arriveAs(server(), user)
    present.push(talker)
    return talker
  }
  const leave = (): void => {
    for (const talker of present.splice(0)) talker.close()
  }
  beforeAll(async () => {
    running = await startServer(env())
  })
  afterEach(leave)
  afterAll(() => running?.stop())
  return { server, arrive, leave }
}

/** The accepted outcome. @throws Error where it was refused */
export function accepted(outcome: ChatOutcome): Extract<ChatOutcome, { outcome: 'accepted' }> {
  if (outcome.outcome === 'accepted') return outcome
  throw new Error(`the command was not accepted: ${JSON.stringify(outcome)}`)
}

/** A person whom no other test knows. */
export const someone = (name: string): string => `${name}-${randomUUID().slice(0, 8)}`

/** An offer of 50.00 for the next hour. */
export const offerOf50 = (): { amount: number; currency: string; expiresAt: number } => ({
  amount: 5_000,
  currency: 'USD',
  expiresAt: Date.now() + 3_600_000,
})

/** `1, 2, … length`. */
export const upTo = (length: number): number[] => Array.from({ length }, (_, at) => at + 1)
