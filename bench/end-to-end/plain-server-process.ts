// One of the servers that one would write first, in a process of its own, with one lot.
import { uuidv7 } from '../../platform/ids.ts'
import { createPool, type Pool } from '../../platform/postgres/pool.ts'
import { makePlainTables, openPlainLots } from '../bids/plain-tables.ts'
import { oneTransactionPerBid } from '../bids/plain-ways.ts'
import { log } from '../givens.ts'
import { obey } from '../peers/obey.ts'
import { type Place, placeTogether, servePlainly } from './plain-server.ts'
import type { FromPlainServer, PlainWriting, ToPlainServer } from './words.ts'

interface OpenLot {
  readonly lotId: string
  readonly place: Place
}

const WRITINGS: Readonly<Record<PlainWriting, (pool: Pool, bidders: number) => Promise<OpenLot>>> =
  {
    async together(pool) {
      const lotId = uuidv7()
      await makePlainTables(pool)
      await openPlainLots(pool, [lotId])
      return { lotId, place: placeTogether(pool) }
    },
    async oneByOne(pool, bidders) {
      const open = await oneTransactionPerBid(pool, bidders).open(1)
      const [lotId = ''] = open.lotIds
      return { lotId, place: (bid) => open.place(bid) }
    },
  }

obey(async ({ order }: ToPlainServer): Promise<FromPlainServer> => {
  const { writing, databaseUrl, bidders } = order
  const pool = createPool(databaseUrl, { log, applicationName: writing, max: bidders })
  const { lotId, place } = await WRITINGS[writing](pool, bidders)
  return { type: 'serving', port: await servePlainly(place), pid: process.pid, lotId }
})
