// The protocol page, printed from the schemas and tables of `protocol/`.
import { LOT_EVENT_TYPES, LOT_STATES } from '../protocol/auction.ts'
import { CHANNEL_CLASSES } from '../protocol/channels.ts'
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
import { METHODS } from '../protocol/methods.ts'
import { NOTIFICATION_TYPES } from '../protocol/notifications.ts'
import { REFUSALS } from '../protocol/refusals.ts'
import { declaration } from './declarations.ts'
import { paramsTable } from './params-table.ts'

/** The types a client meets, in the order of reading. */
const SHAPES = [
  'LotView',
  'LotResult',
  'PublicBid',
  'OwnStanding',
  'LotSnapshot',
  'LotPublication',
  'Notification',
  'BidOutcome',
  'BidAccepted',
  'Refused',
  'RefusalFields',
  'OutcomeUnknown',
  'LotOutcome',
  'LotAccepted',
  'BidPage',
]

/** Closed lists of words, by the name that the types use for them. */
const WORDS = {
  LotState: LOT_STATES,
  LotEventType: LOT_EVENT_TYPES,
  NotificationType: NOTIFICATION_TYPES,
}

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

function table(head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

const code = (text: string): string => `\`${text}\``
const typescript = (names: readonly string[]): string =>
  ['```ts', names.map(declaration).join('\n\n'), '```'].join('\n')

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
    typescript(RESULTS),
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
      ['channel', 'class', ''],
      Object.entries(CHANNEL_CLASSES).map(([kind, channelClass]) => [
        code(`${kind}:<id>`),
        channelClass,
        says[channelClass],
      ]),
    ),
  ]
}

function methods(): string[] {
  return [
    '## Methods',
    '`rpc {method, data}` on the socket; the same over HTTP, where the path, the query and the JSON body together are the parameters, and the `Idempotency-Key` header fills the id that makes a command repeatable.',
    ...Object.entries(METHODS).flatMap(([name, method]) => [
      `### ${code(name)}`,
      [
        method.summary,
        method.audience === 'anyone' ? 'Open to anonymous watchers.' : 'Needs a token.',
        `Result: ${code(method.result)}.`,
      ].join(' '),
      ...('http' in method
        ? [`${code(`${method.http.method} ${method.http.path}`)} → ${method.http.success}`]
        : []),
      paramsTable(method.params),
    ]),
  ]
}

function shapes(): string[] {
  return [
    '## Shapes',
    'Amounts are whole minor units, times epoch milliseconds.',
    typescript(SHAPES),
    table(
      ['type', 'one of'],
      Object.entries(WORDS).map(([name, words]) => [code(name), words.map(code).join(', ')]),
    ),
  ]
}

function refusals(): string[] {
  return [
    '## Refusals',
    'What an outcome `refused` (or `unknown`) carries as `code`; they are results, not protocol errors.',
    table(
      ['code', 'retry', 'says'],
      Object.entries(REFUSALS).map(([name, { retry, says }]) => [code(name), code(retry), says]),
    ),
  ]
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
