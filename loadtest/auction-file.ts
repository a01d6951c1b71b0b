// Reads a file of past auctions (`data/README.md` tells its columns) into auctions with their bids.
import { readFile } from 'node:fs/promises'
import { CsvError, parse } from 'csv-parse/sync'
import { codeOf, Failure } from '../platform/failure.ts'
import { amountMax } from '../protocol/money.ts'

export interface PastBid {
  readonly bidder: string
  /** The proxy maximum that the bidder entered, in cents. */
  readonly maxCents: number
}

export interface PastAuction {
  readonly auctionId: string
  readonly openingBidCents: number
  /** What the auction ended at, on the platform it ran on. */
  readonly finalPriceCents: number
  /** In the order in which they were placed. */
  readonly bids: readonly PastBid[]
}

const COLUMNS = [
  'auction_id',
  'opening_bid_cents',
  'final_price_cents',
  'placed_at_ms',
  'bidder',
  'max_bid_cents',
] as const
type Column = (typeof COLUMNS)[number]

interface Row {
  readonly record: Readonly<Partial<Record<Column, string>>>
  readonly info: { readonly lines: number }
}

/** @throws Failure in one sentence, with the line, where the file is not there or does not fit */
export async function readAuctions(file: string): Promise<readonly PastAuction[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const why = codeOf(cause) === 'ENOENT' ? 'does not exist' : `can not be read (${codeOf(cause)})`
    throw new Failure(`${file} ${why}.`, { cause })
  })
  return groupByAuction(file, parseRows(file, text))
}

function parseRows(file: string, text: string): Row[] {
  let rows: Row[]
  try {
    rows = parse(text, { columns: true, bom: true, info: true, skip_empty_lines: true, trim: true })
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause
    throw new Failure(`${file}: ${cause.message}.`, { cause })
  }
  const [first] = rows
  if (first === undefined) throw new Failure(`${file} has no bids.`)
  const missing = COLUMNS.filter((column) => !(column in first.record))
  if (missing.length > 0) {
    throw new Failure(`${file} lacks the column${plural(missing)} ${missing.join(', ')}.`)
  }
  return rows
}

function groupByAuction(file: string, rows: readonly Row[]): PastAuction[] {
  const auctions = new Map<string, PastAuction & { bids: PastBid[]; lastPlacedAtMs: number }>()
  for (const { record, info } of rows) {
    const where = `${file}, line ${info.lines}`
    const number = (column: Column, least: number) => wholeNumber(where, record, column, least)
    const auctionId = named(where, record, 'auction_id')
    const openingBidCents = number('opening_bid_cents', 1)
    const finalPriceCents = number('final_price_cents', 1)
    const placedAtMs = number('placed_at_ms', 0)
    // The first row of an auction speaks for it: real files contradict themselves in a later one.
    const auction = auctions.get(auctionId) ?? {
      auctionId,
      openingBidCents,
      finalPriceCents,
      bids: [],
      lastPlacedAtMs: 0,
    }
    auctions.set(auctionId, auction)
    if (placedAtMs < auction.lastPlacedAtMs) {
      throw new Failure(`${where}: the bids of auction ${auctionId} are not in time order.`)
    }
    auction.lastPlacedAtMs = placedAtMs
    auction.bids.push({
      bidder: named(where, record, 'bidder'),
      maxCents: number('max_bid_cents', 1),
    })
  }
  return [...auctions.values()]
}

function named(where: string, record: Row['record'], column: Column): string {
  const text = record[column] ?? ''
  if (text === '') throw new Failure(`${where}: ${column} is empty.`)
  return text
}

function wholeNumber(where: string, record: Row['record'], column: Column, least: number): number {
  const text = record[column] ?? ''
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= amountMax) return value
  throw new Failure(`${where}: ${column} is "${text}", not a whole number from ${least} on.`)
}

const plural = (items: readonly unknown[]): string => (items.length === 1 ? '' : 's')
