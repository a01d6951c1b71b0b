// What became of the conversations of a run, judged: by every stored event where the database may be read,
// else by what their members may list.
import { ChatHistory } from '../../history/chat-history.ts'
import { chatChannel } from '../../protocol/channels.ts'
import type { ConversationView, MessagePage, MessageView } from '../../protocol/chat.ts'
import { eachOf } from '../each-of.ts'
import { createHttpClient, type HttpClient } from '../http-client.ts'
import type { Audit, AuditOptions, Ends, House, Stage } from '../run/scenario.ts'
import type { MessageTestimony } from '../scenarios/talker.ts'
import { watchedAmong } from '../witness/watched.ts'
import { tellStoredChat } from './stored-history.ts'
import { withDatabase } from './with-database.ts'

const pageLimit = 300
const conversationsAtOnce = 8

/** @throws where the server, or the database, can not be read */
export async function auditChat(options: AuditOptions): Promise<Audit> {
  const { plan, stage, testimony } = options
  const conversations = stage.conversations.map(({ conversationId }) => conversationId)
  const { databaseUrl } = plan.servers
  const sent = testimony.filter((each) => each['type'] === 'message') as MessageTestimony[]
  const watched = watchedAmong(testimony)
  const history = new ChatHistory({ allClients: true })
  for (const { user: actorId, ...attempt } of sent) history.attempted({ actorId, ...attempt })
  for (const { place, ...account } of watched) history.heard(place, account)
  if (databaseUrl === undefined) await readLists(history, options)
  else {
    await withDatabase(databaseUrl, (pool) => tellStoredChat(history, pool, conversations))
  }
  return {
    judged: {
      'messages sent': sent.length,
      conversations: conversations.length,
      listeners: watched.reduce((sum, { watchers }) => sum + watchers, 0),
    },
    by: databaseUrl === undefined ? 'what the server lists' : 'every stored event',
    violations: history.violations(),
    count: history.count,
  }
}

async function readLists(history: ChatHistory, options: AuditOptions): Promise<void> {
  await eachConversation(options.house, options.stage, async (conversationId, http) => {
    const messages = await messagesOf(conversationId, http)
    const { lastSeq } = await viewOf(conversationId, http)
    const kept = messages.map(({ messageId, seq, senderId, clientMessageId }) => {
      return {
        conversationId,
        messageId,
        seq,
        senderId,
        clientMessageId,
        state: 'visible',
      } as const
    })
    history.listed(conversationId, kept, lastSeq)
  })
}

/** Oldest first. */
async function messagesOf(conversationId: string, http: HttpClient): Promise<MessageView[]> {
  const messages: MessageView[] = []
  for (let after: number | undefined = 0; after !== undefined; ) {
    const path = `/v1/conversations/${conversationId}/messages?limit=${pageLimit}&after=${after}`
    const page = (await http.call('GET', path)) as unknown as MessagePage
    messages.push(...page.items)
    after = page.next
  }
  return messages
}

async function viewOf(conversationId: string, http: HttpClient): Promise<ConversationView> {
  const path = `/v1/conversations/${conversationId}`
  return (await http.call('GET', path)) as unknown as ConversationView
}

/** Where each of the conversations stands: how far both of its members must come. */
export async function chatEnds(house: House, stage: Stage): Promise<Ends> {
  const ends: [string, number][] = []
  await eachConversation(house, stage, async (conversationId, http) => {
    const { lastSeq } = await viewOf(conversationId, http)
    ends.push([chatChannel(conversationId), lastSeq])
  })
  return Object.fromEntries(ends)
}

/** Calls `look` for each, with the HTTP API in the name of a member. */
async function eachConversation(
  { http, tokens }: House,
  stage: Stage,
  look: (conversationId: string, http: HttpClient) => Promise<void>,
): Promise<void> {
  await eachOf(stage.conversations, conversationsAtOnce, async ({ conversationId, member }) => {
    await look(conversationId, createHttpClient(http.url, await tokens(member)))
  })
}
