// Which benches there are, in the order of the page that they write.
import { benchBids } from './bids/bids.ts'
import { benchChat } from './chat/chat.ts'
import { benchDisk } from './disk/disk.ts'
import { benchEndToEnd } from './end-to-end/end-to-end.ts'
import { benchConnections } from './fanout/connections.ts'
import { benchFanout } from './fanout/fanout.ts'
import { benchGrowth } from './growth/growth.ts'
import { benchLimits } from './limits/limits.ts'
import type { Bench } from './section.ts'
import { benchStart } from './start/start.ts'

interface RegisteredBench {
  /** As on the command line, and of the section that it makes. */
  readonly name: string
  readonly describes: string
  readonly bench: Bench
  /** Part of `npm run bench` without a name; the others are run when they are asked for. */
  readonly always: boolean
}

export const BENCHES: readonly RegisteredBench[] = [
  {
    name: 'fanout',
    describes: 'Events of one lot to all who watch it, beside what one would use instead.',
    bench: benchFanout,
    always: true,
  },
  {
    name: 'connections',
    describes: 'What an idle connection costs, and what it costs to come.',
    bench: benchConnections,
    always: true,
  },
  {
    name: 'bids',
    describes: 'Durable bids: by the engine, and by one transaction each.',
    bench: benchBids,
    always: true,
  },
  {
    name: 'end-to-end',
    describes:
      'Durable bids from socket to socket: in one process, through NATS, and as one would write it.',
    bench: benchEndToEnd,
    always: true,
  },
  {
    name: 'disk',
    describes: 'Bids from socket to socket on a disk whose every fsync takes a millisecond more.',
    bench: benchDisk,
    always: true,
  },
  {
    name: 'chat',
    describes: 'Durable messages: in batches, one by one, and as one would write it.',
    bench: benchChat,
    always: true,
  },
  {
    name: 'limits',
    describes: 'What the limits on bids cost, and how rarely Redis has to be asked.',
    bench: benchLimits,
    always: true,
  },
  {
    name: 'growth',
    describes: 'The cost of bids, messages and pages at any number of lots and stored messages.',
    bench: benchGrowth,
    always: true,
  },
  {
    name: 'start',
    describes: 'From nothing to ready, the first time and again, beside PostgreSQL alone.',
    bench: benchStart,
    always: true,
  },
]
