// Durable bids as a section, and what came of the goals: P4 and P8.
import { figure, ratio } from '../report.ts'
import type { GoalVerdict, Section, Table } from '../section.ts'
import { type Figures, type Rounds, timesInRound } from '../turns.ts'
import { atLeast } from '../verdict.ts'
import { whatWorked } from '../what-worked.ts'
import type { BidWay } from './floor.ts'
import type { Work } from './work.ts'

export type BidFigures = Work & Figures<'bids/s' | 'accepted %' | 'median ms' | 'p99 ms'>

/** One way on so many lots, and what came of it. */
export interface Cell {
  readonly way: BidWay
  readonly lots: number
  readonly rounds: Rounds<keyof BidFigures>
  /** Their medians. */
  readonly figures: BidFigures
}

export interface Ways {
  /** What one would write, the simplest first. */
  readonly plain: readonly BidWay[]
  readonly here: BidWay
  readonly overNats: BidWay
}

const toPlainMin = 30
const hotLotPerSecondMin = 35_000
const toHotLotMin = 0.8
const manyLots = [64, 1_000]

/** @param lots of the cells, in the order of the tables */
export function reportOf(ways: Ways, cells: readonly Cell[], lots: readonly number[]): Section {
  const all = [...ways.plain, ways.here, ways.overNats]
  return {
    name: 'bids',
    title: 'Durable bids',
    says: 'How many bids per second become durable in one PostgreSQL, and how long a bidder waits for it, without sockets: by the transactions that one would write first, and by the engine, which commits whatever waits together. Bidders bid again when they are answered. Afterwards every accepted bid must be stored once, every lot must stand at its highest one, and no number may be missing.',
    conditions: [
      ...all.map(({ name, says }) => `${name}: ${says}.`),
      `PostgreSQL with fsync and synchronous_commit on; ${figure(ways.overNats.bidders)} bidders at the engine.`,
      'What one would write stores a bid in one row; the engine stores decision, public event and outbox row.',
    ],
    tables: lots.map((count) => tableOf(ways, cells, count)),
    goals: goalsOf(ways, cells),
  }
}

/** Accepted ones alone. */
function acceptedPerSecond(figures: BidFigures): number {
  return (figures['bids/s'] * figures['accepted %']) / 100
}

function tableOf({ plain }: Ways, cells: readonly Cell[], lots: number): Table {
  const rows = cells.filter((cell) => cell.lots === lots)
  const simplest = rows.find(({ way }) => way === plain[0])
  const base = simplest === undefined ? 0 : acceptedPerSecond(simplest.figures)
  return {
    title: lots === 1 ? 'One hot lot' : `${figure(lots)} lots`,
    head: ['', 'accepted/s', 'ratio', 'of all', 'median ms', 'p99 ms'],
    rows: rows.map(({ way, figures }) => [
      way.name,
      figure(acceptedPerSecond(figures)),
      ratio(acceptedPerSecond(figures), base),
      `${figure(figures['accepted %'])} %`,
      figure(figures['median ms']),
      figure(figures['p99 ms']),
    ]),
  }
}

function goalsOf(ways: Ways, cells: readonly Cell[]): readonly GoalVerdict[] {
  const cellOf = (way: BidWay | undefined, lots: number): Cell | undefined =>
    cells.find((each) => each.way === way && each.lots === lots)
  const hotLot = cellOf(ways.overNats, 1)
  return [
    atLeast(toPlainMin, {
      goal: 'P4',
      says: 'one hot lot against one transaction per bid',
      measured: timesOf(hotLot, cellOf(ways.plain[0], 1)),
      unit: ' ×',
      boundBy: workOnHotLot(hotLot),
    }),
    atLeast(hotLotPerSecondMin, {
      goal: 'P4',
      says: 'one hot lot',
      measured: hotLot === undefined ? 0 : acceptedPerSecond(hotLot.figures),
      unit: '/s',
      boundBy: workOnHotLot(hotLot),
    }),
    ...manyLots.map((lots) => {
      const cell = cellOf(ways.overNats, lots)
      return atLeast(toHotLotMin, {
        goal: 'P8',
        says: `${figure(lots)} lots against one`,
        measured: timesOf(cell, hotLot),
        unit: ' ×',
        boundBy: `with ${figure(lots)} lots ${workOf(cell)}; with one lot ${workOf(hotLot)}`,
      })
    }),
  ]
}

/** Accepted bids, in the same round; 0 where one of them was not measured. */
function timesOf(cell: Cell | undefined, base: Cell | undefined): number {
  if (cell === undefined || base === undefined) return 0
  return timesInRound(cell.rounds, base.rounds, acceptedPerSecond)
}

function workOnHotLot(cell: Cell | undefined): string {
  if (cell === undefined) return unknown
  const { 'engine µs': engine, 'NATS µs': nats } = cell.figures
  const worked = whatWorked({ ...cell.figures, 'server µs': engine + nats })
  return `${worked}; of the server: engine ${figure(engine)}, NATS ${figure(nats)}; ${commitsOf(cell)}`
}

function workOf(cell: Cell | undefined): string {
  if (cell === undefined) return unknown
  const { figures } = cell
  const each = `a bid takes ${figure(figures['engine µs'])} µs of the engine, ${figure(figures['NATS µs'])} of NATS, ${figure(figures['postgres µs'])} of PostgreSQL and ${figure(figures['bidders µs'])} of the bidders`
  return `${each}, and ${commitsOf(cell)}`
}

const unknown = 'nothing was measured'

function commitsOf({ figures }: Cell): string {
  return `a commit, of ${figure(figures['bids a commit'])} bids, was under way ${figure(figures['committing %'])} % of the time`
}
