// A server that is compared, in a process of its own.
import { setImmediate as turn } from 'node:timers/promises'
import { eventOf } from './event.ts'
import { obey } from './obey.ts'
import type { Peer } from './peer.ts'
import { usageNow } from './usage.ts'
import type { FromPeer, PeerName, Published, PublishOrder, Stage, ToPeer } from './words.ts'

/** A server loads its own code and no other's, since what is loaded is weighed. */
const PEERS: Readonly<Record<PeerName, (stage: Stage) => Promise<Peer>>> = {
  raw: async ({ lotId }) => (await import('./raw.ts')).serveRaw(lotId, false),
  rawEach: async ({ lotId }) => (await import('./raw.ts')).serveRaw(lotId, true),
  outcry: async (stage) => (await import('./outcry.ts')).serveOutcry(stage),
  outcryOverNats: async (stage) => (await import('./outcry.ts')).serveOutcryOverNats(stage),
  ws: async ({ lotId }) => (await import('./ws.ts')).serveWs(lotId),
  socketIo: async ({ lotId }) => (await import('./socket-io.ts')).serveSocketIo(lotId),
  socketIoUws: async ({ lotId }) => (await import('./socket-io.ts')).serveSocketIoUws(lotId),
}

/** Ticks under way: the server never waits for its clients while they keep up, and never buffers much. */
const ticksUnderWay = 3
/** An event that has not come to everybody by then is lost. */
const lostAfterMs = 30_000
/** Above every event that the lot has had. */
let seq = 1_000
let published = 0
let seen = 0
let onSeen = (): void => {}
let serving: { readonly peer: Peer; readonly stage: Stage } | undefined

obey(async (word: ToPeer): Promise<FromPeer | undefined> => {
  switch (word.type) {
    case 'serve': {
      const { stage } = word
      const peer = await PEERS[word.peer](stage)
      serving = { peer, stage }
      return { type: 'serving', port: peer.port }
    }
    case 'publish':
      return { type: 'published', published: await publish(word.order) }
    case 'seen':
      seen = word.events
      onSeen()
      return undefined
    case 'weigh':
      return { type: 'weighed', usage: await usageNow(word.afterCollecting) }
  }
})

async function publish({ eventsPerTick, measureMs, size }: PublishOrder): Promise<Published> {
  if (serving === undefined) throw new Error('nobody is served yet')
  const { peer, stage } = serving
  const before = published
  const cpuBefore = process.cpuUsage()
  const startedMs = performance.now()
  while (performance.now() < startedMs + measureMs) {
    await untilSeen(published - (ticksUnderWay - 1) * eventsPerTick)
    await turn()
    const events = Array.from({ length: eventsPerTick }, () => {
      seq += 1
      return eventOf(seq, stage.lotId, size)
    })
    peer.publish(events)
    published += eventsPerTick
  }
  await untilSeen(published)
  const cpu = process.cpuUsage(cpuBefore)
  return {
    events: published - before,
    elapsedMs: performance.now() - startedMs,
    cpuMs: (cpu.user + cpu.system) / 1_000,
  }
}

/** @throws where it takes too long */
function untilSeen(events: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const patience = setTimeout(() => {
      reject(new Error(`of ${published} events only ${seen} have come to everybody`))
    }, lostAfterMs)
    onSeen = () => {
      if (seen < events) return
      clearTimeout(patience)
      onSeen = () => {}
      resolve()
    }
    onSeen()
  })
}
