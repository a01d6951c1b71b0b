// The protocol page, printed from the schemas and tables of `protocol/`.
import type { z } from 'zod'
import { CHANNEL_CLASSES, type ChannelKind } from '../protocol/channels.ts'
import { CLOSE_CODES, shouldReconnect } from '../protocol/close-codes.ts'
import {
  commandsPerFrameMax,
  depthMax,
  frameBytesMax,
  subscribesPerFrameMax,
} from '../protocol/codec.ts'
import { CODECS } from '../protocol/codecs.ts'
import { PROTOCOL_ERRORS } from '../protocol/errors.ts'
import { COMMAND_PARAMS } from '../protocol/frames.ts'
import { shapeSchemas } from '../protocol/json-schema.ts'
import { METHODS } from '../protocol/methods.ts'
import {
  CHAT_REFUSALS,
  FEED_REFUSALS,
  LOT_REFUSALS,
  type RefusalTable,
  WEBHOOK_REFUSALS,
} from '../protocol/refusals.ts'
import {
  AUCTION_SHAPES,
  CHAT_SHAPES,
  FEED_SHAPES,
  MODERATION_SHAPES,
  SHAPES,
  WEBHOOK_SHAPES,
} from '../protocol/shapes.ts'
import { declaration } from './declarations.ts'
import { code, table, typescript } from './markdown.ts'
import { paramsTable } from './params-table.ts'
import { shapeText } from './shape-text.ts'

/** What the frames hold, in the order of reading. */
const RESULTS = [
  'ConnectResult',
  'RefreshResult',
  'SubscribeResult',
  'Publication',
  'HistoryResult',
  'PresenceResult',
  'ClientInfo',
  'PresenceStatsResult',
  'ErrorObject',
  'Push',
]

interface ChannelText {
  readonly who: string
  readonly snapshot: string
  readonly publications: string
}

/** What the table of classes does not say of a channel. */
const CHANNELS: Readonly<Record<ChannelKind, ChannelText>> = {
  lot: {
    who: 'anybody, unless watching needs a token',
    snapshot: '`LotSnapshot`',
    publications: '`LotPublication`',
  },
  chat: {
    who: 'the members; in a room whoever sees the lot, and a token is needed to speak only. To all others there is no such channel',
    snapshot: '`ChatSnapshot`',
    publications: '`ChatPublication`; without an offset `TypingPublication`',
  },
  user: {
    who: 'that user, by connecting: the server subscribes',
    snapshot: 'none',
    publications: '`Notification`; without an offset `FeedReadPublication`',
  },
}

/** The whole page as Markdown. */
export function protocolPage(): string {
  return `${[
    '# The protocol',
    'Printed by `npm run docs` from `protocol/`; do not edit. The frames are those of the Centrifuge client protocol, version 2, so the public Centrifuge SDKs can be used as they are.',
    ...encodings(),
    ...commands(),
    ...channels(),
    ...methods(),
    ...shapes(),
    ...refusals(),
    ...errors(),
    ...closeCodes(),
  ].join('\n\n')}\n`
}

function encodings(): string[] {
  return [
    '## Encodings',
    `\`GET /connection/websocket\`; the subprotocol chooses the encoding, JSON where none is asked for. A client’s frame holds at most ${frameBytesMax} bytes, ${subscribesPerFrameMax} \`subscribe\` commands and ${commandsPerFrameMax} others, and arrays and maps nested ${depthMax} deep (a MessagePack frame’s own array included).`,
    table(
      ['subprotocol', 'frames'],
      CODECS.map(({ subprotocol, binary }) => [
        code(subprotocol),
        binary
          ? 'binary: one MessagePack array of the objects that JSON would carry; plain maps with string keys, no binary values, no extension types'
          : 'text: one or more JSON objects divided by line feeds',
      ]),
    ),
    'A number that is no safe integer (beyond 2^53) arrives rounded in both encodings and is refused by whatever takes an integer. A key `__proto__`, NaN, an infinity, or text that is not UTF-8 is no frame.',
  ]
}

function commands(): string[] {
  return [
    '## Commands',
    'A command is an object with `id` (above 0, except for `send`) and one of these fields; the reply has the same `id` and the same field with the result, or `error`. `{}` is the answer to the server’s ping `{}`.',
    ...Object.entries(COMMAND_PARAMS).flatMap(([name, params]) => [
      `### ${code(name)}`,
      paramsTable(params),
    ]),
    '### Replies and pushes',
    typescript(RESULTS.map(declaration)),
  ]
}

function channels(): string[] {
  const says = {
    state: 'each publication carries the whole public state; a slow reader skips to the newest',
    durable: 'no publication is skipped; a slow reader is closed with 3008 and recovers',
  }
  return [
    '## Channels',
    table(
      ['channel', 'who may subscribe', 'class', 'snapshot', 'publications'],
      Object.entries(CHANNEL_CLASSES).map(([kind, channelClass]) => {
        const { who, snapshot, publications } = CHANNELS[kind as ChannelKind]
        return [code(`${kind}:<id>`), who, channelClass, snapshot, publications]
      }),
    ),
    ...Object.entries(says).map(([channelClass, text]) => `${code(channelClass)}: ${text}.`),
    'The snapshot is `data` in the reply to `subscribe`: the state at exactly the `offset` of the reply. A publication’s `offset` is the `seq` of the lot, the conversation or the feed, so what was missed is fetched by `history`, or over HTTP, from there.',
    '### In a conversation',
    'The stream of `chat:` holds an event for each change: a message sent, edited or deleted, reactions, an offer’s new state, read marks, the room’s slow mode. They are numbered 1, 2, 3 … without a gap. An event shows its message as it is now, so a text that was deleted is in nothing that is told afterwards. Up to 300 missed events come in the reply to `subscribe`; beyond that it says `recovered: false`, and `history` or `chat.history` fetch the rest, page by page.',
    '`publish {channel, data: {type: "typing"}}` tells the others that one types: at most every 3 seconds, over by itself after 6, and never stored. It is the only thing that a client may publish. Whoever subscribes with `join_leave` is told who comes and goes.',
    '### In a feed',
    'The stream of `user:` holds a notification for each thing to tell, numbered 1, 2, 3 … without a gap. A message is read in its conversation (`chat.read`), an offer there or in the feed, all else in the feed (`notification.read`); when the feed is read, every session of the user is told so by a publication without an offset. `unread` is the number for the app’s badge, exactly: messages as `chat.list` counts them, and unread notifications of what is neither a message nor an offer.',
    'A session whose token has a `deviceId` speaks for that device: by `chat.delivered`, `chat.read`, `notification.delivered` and `notification.read` it says what has reached it, and what was acknowledged within 3 seconds is not pushed to it. A user has at most 50 devices: the one unheard of for longest makes room for another. Apps register at each start: what is not heard of for 270 days is forgotten, and a notification after 180 days.',
  ]
}

function methods(): string[] {
  return [
    '## Methods',
    '`rpc {method, data}` on the socket; the same over HTTP, where the path, the query and the JSON body together are the parameters, and the `Idempotency-Key` header fills the id that makes a command repeatable. A method that reads answers a refusal (`lot_not_found`, `not_member`) where there is nothing for the caller. The HTTP API describes itself at `/v1/openapi.json`, and at `/docs` for people.',
    ...Object.entries(METHODS).flatMap(([name, method]) => [
      `### ${code(name)}`,
      [
        method.summary,
        method.audience === 'anyone' ? 'Open to anonymous watchers.' : 'Needs a token.',
        `Result: ${code(nameOfShape(method.result))}.`,
      ].join(' '),
      ...('http' in method
        ? [`${code(`${method.http.method} ${method.http.path}`)} → ${method.http.success}`]
        : []),
      paramsTable(method.params),
    ]),
  ]
}

/** @throws Error where the table of shapes does not hold what a method answers. */
function nameOfShape(shape: z.ZodType): string {
  const found = Object.entries(SHAPES).find(([, candidate]) => candidate === shape)
  if (found === undefined) throw new Error('a method answers what protocol/shapes.ts does not name')
  return found[0]
}

function shapes(): string[] {
  const schemas = shapeSchemas((name) => name)
  const declared = (of: Readonly<Record<string, z.ZodType>>): string =>
    typescript(Object.keys(of).map((name) => shapeText(name, schemas)))
  return [
    '## Shapes',
    'Amounts are whole minor units, times epoch milliseconds. Fields may be added; ignore those you do not know.',
    '### Lots and bids',
    declared(AUCTION_SHAPES),
    '### Conversations',
    declared(CHAT_SHAPES),
    '### Moderation',
    declared(MODERATION_SHAPES),
    '### Feed and devices',
    declared(FEED_SHAPES),
    '### Webhooks',
    'What is sent to a webhook is a `WebhookPayload`; `docs/webhooks.md` says how, with examples.',
    declared(WEBHOOK_SHAPES),
    '### Clock',
    declared({ ServerTime: SHAPES.ServerTime }),
  ]
}

function refusals(): string[] {
  return [
    '## Refusals',
    'What an outcome `refused` (or `unknown`) carries as `code`; they are results, not protocol errors. Over the socket `not_permitted` is the protocol error 103. Over HTTP some are problem documents, with the fields of the outcome as members.',
    '### Of lots and bids',
    refusalTable(LOT_REFUSALS),
    '### Of chat',
    refusalTable(CHAT_REFUSALS),
    '### Of feeds and devices',
    refusalTable(FEED_REFUSALS),
    '### Of webhooks',
    refusalTable(WEBHOOK_REFUSALS),
  ]
}

function refusalTable(of: RefusalTable): string {
  return table(
    ['code', 'retry', 'says', 'fields'],
    Object.entries(of).map(([name, { retry, says, fields = [] }]) => [
      code(name),
      code(retry),
      says,
      fields.map(code).join(', '),
    ]),
  )
}

function errors(): string[] {
  return [
    '## Protocol errors',
    table(
      ['code', 'message', 'temporary', 'HTTP status'],
      Object.values(PROTOCOL_ERRORS).map((error) => [
        error.code,
        error.message,
        error.temporary ? 'yes' : 'no',
        error.status,
      ]),
    ),
  ]
}

function closeCodes(): string[] {
  return [
    '## Close codes',
    table(
      ['code', 'reason', 'reconnect'],
      Object.values(CLOSE_CODES).map((close) => [
        close.code,
        close.reason,
        shouldReconnect(close.code) ? 'yes, with backoff' : 'no',
      ]),
    ),
  ]
}
