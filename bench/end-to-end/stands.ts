// Who is compared, by name.
import { type Ground, serveApart, serveEmbedded, servePlain } from './servers.ts'
import { Stand } from './stand.ts'

/** At more of them one transaction per bid gets slower, at fewer as well. */
const plainBidders = 32

export async function openNaive(ground: Ground): Promise<Stand> {
  const about = {
    name: 'one transaction per bid',
    says: `BEGIN, SELECT … FOR UPDATE, INSERT, UPDATE, COMMIT for each of ${plainBidders} bidders`,
    bidders: plainBidders,
  }
  return Stand.open(about, await servePlain(ground, 'oneByOne', plainBidders), ground)
}

export async function openPrototype(ground: Ground, bidders: number): Promise<Stand> {
  const about = {
    name: 'prototype',
    says: 'uWebSockets.js, one queue, and one writer that has whatever waits placed by one function of the database; bids are answered after the commit, and nothing else is done',
    bidders,
  }
  return Stand.open(about, await servePlain(ground, 'together', bidders), ground)
}

export async function openEmbedded(ground: Ground, bidders: number): Promise<Stand> {
  const about = {
    name: 'Outcry, one process',
    says: 'all services in one process, as `npm start` runs them, but on the PostgreSQL of the others',
    bidders,
  }
  return Stand.open(about, await serveEmbedded(ground), ground)
}

export async function openApart(ground: Ground, bidders: number): Promise<Stand> {
  const about = {
    name: 'Outcry, through NATS',
    says: 'gateway, engine and notifier in processes of their own, with NATS and Redis',
    bidders,
  }
  return Stand.open(about, await serveApart(ground), ground)
}
