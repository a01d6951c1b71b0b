// What the fan-out found, as tables.
import type { PeerName } from '../peers/words.ts'
import { figure, median, ratio } from '../report.ts'
import type { Table } from '../section.ts'
import { type Cell, type Measured, rateOf } from './cells.ts'

export const PEER_TITLES: Readonly<Record<PeerName, string>> = {
  raw: 'uWebSockets.js alone',
  rawEach: 'uWebSockets.js, encoded for each',
  outcry: 'Outcry',
  outcryOverNats: 'Outcry behind NATS',
  ws: 'ws',
  socketIo: 'Socket.IO',
  socketIoUws: 'Socket.IO on uWebSockets.js',
}

/** One for each cell. */
export function tablesOf(measured: readonly Measured[]): readonly Table[] {
  const cells = [...new Set(measured.map(({ cell }) => cell))]
  return cells.map((cell) => tableOf(cell, measured))
}

function tableOf(cell: Cell, measured: readonly Measured[]): Table {
  const { watchers, eventsPerTick, size } = cell
  const rate = (peer: PeerName) => rateOf(measured, cell, peer)
  const head = ['', 'deliveries/s per core', 'to uWebSockets.js', 'to Socket.IO']
  return {
    title: `${figure(watchers)} watchers, ${eventsPerTick} ${size} ${eventsPerTick === 1 ? 'event' : 'events'} a tick`,
    head: [...head, 'server at work', 'clients at work'],
    rows: measured
      .filter((one) => one.cell === cell)
      .map(({ peer, rounds }) => [
        PEER_TITLES[peer],
        figure(rate(peer)),
        ratio(rate(peer), rate('raw')),
        ratio(rate(peer), rate('socketIo')),
        percent(median(rounds.map(({ cpuMs, elapsedMs }) => cpuMs / elapsedMs))),
        percent(median(rounds.map(({ crowdShare }) => crowdShare))),
      ]),
  }
}

export const percent = (share: number): string => `${Math.round(share * 100)} %`
