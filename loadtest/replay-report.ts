// What a replay came to, in words.
import { formatMoney } from '../protocol/money.ts'
import type { Replayed } from './replay-auction.ts'

export interface ReplayReport {
  readonly replayed: readonly Replayed[]
  readonly elapsedMs: number
}

/** Whether our lot ended at the price that the file gives. */
const isMatched = ({ auction, priceCents }: Replayed): boolean =>
  priceCents === auction.finalPriceCents

/** The summary: what matched, the auctions that did not with both prices, and the pace. */
export function describeReplay({ replayed, elapsedMs }: ReplayReport): string {
  const differing = replayed.filter((one) => !isMatched(one))
  const matched = replayed.length - differing.length
  return [
    `matched ${matched} of ${replayed.length} auctions`,
    ...(differing.length === 0 ? [] : describeDiffering(differing)),
    describePace(replayed, elapsedMs),
  ].join('\n')
}

function describeDiffering(differing: readonly Replayed[]): string[] {
  const rows = differing.map(({ auction, priceCents }) => [
    auction.auctionId,
    formatMoney(auction.finalPriceCents, 'USD'),
    priceCents === null ? 'not sold' : formatMoney(priceCents, 'USD'),
  ])
  const table = [['auction', 'in the file', 'here'], ...rows]
  const widths = [0, 1, 2].map((column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  )
  return table.map(
    (row) => `  ${row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('   ')}`,
  )
}

function describePace(replayed: readonly Replayed[], elapsedMs: number): string {
  const bids = replayed.reduce((sum, { auction }) => sum + auction.bids.length, 0)
  const accepted = replayed.reduce((sum, one) => sum + one.accepted, 0)
  const seconds = elapsedMs / 1_000
  const pace = `${bids} bids in ${seconds.toFixed(1)} s, ${Math.round(bids / seconds)} bids/s`
  return `${pace}; ${[`${accepted} accepted`, ...describeRefusals(replayed)].join(', ')}`
}

function describeRefusals(replayed: readonly Replayed[]): string[] {
  const counts = new Map<string, number>()
  for (const code of replayed.flatMap(({ refused }) => refused)) {
    counts.set(code, (counts.get(code) ?? 0) + 1)
  }
  return [...counts].map(([code, count]) => `${count} refused as ${code}`)
}
