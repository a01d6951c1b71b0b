// What the feed's desk counts.
import { metersOf, type Registry } from '../../platform/metrics.ts'
import type { FeedOutcome } from '../../protocol/feed.ts'
import type { FeedCommand } from '../../protocol/feed-commands.ts'

export interface DeskMetrics {
  answered(type: FeedCommand['type'], outcome: FeedOutcome): void
  /** Acknowledgements of devices, by whether they were written, or lost since the database was away. */
  noted(marks: number): void
  lost(marks: number): void
}

export function createDeskMetrics(registry: Registry): DeskMetrics {
  const { counter } = metersOf(registry, 'outcry_notifier')
  const commands = counter('commands_total', 'Commands on feeds and devices, by type and outcome', [
    'type',
    'outcome',
  ])
  const marks = counter(
    'device_marks_total',
    'Acknowledgements of devices, by what became of them',
    ['outcome'],
  )
  for (const outcome of ['written', 'lost']) marks.inc({ outcome }, 0)
  return {
    answered(type, outcome) {
      commands.inc({ type, outcome: 'code' in outcome ? outcome.code : outcome.outcome })
    },
    noted: (count) => marks.inc({ outcome: 'written' }, count),
    lost: (count) => marks.inc({ outcome: 'lost' }, count),
  }
}
