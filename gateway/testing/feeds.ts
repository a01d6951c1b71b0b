// Feeds and devices for tests of the routes: what is not given answers as if nothing had ever happened.
import { type FeedOutcome, preferencesWith } from '../../protocol/feed.ts'
import type { DeviceMark, FeedCommand } from '../../protocol/feed-commands.ts'
import type { DeviceMarkBoard } from '../ports/device-mark-board.ts'
import type { FeedBook } from '../ports/feed-book.ts'
import type { FeedOffice } from '../ports/feed-office.ts'
import { noonMs } from './people.ts'

export function feedBookOf(fields: Partial<FeedBook> = {}): FeedBook {
  return {
    page: async () => ({ items: [], readSeq: 0, unread: 0 }),
    preferences: async () => preferencesWith({}),
    devices: async () => ({ items: [] }),
    ...fields,
  }
}

export interface FakeFeedOffice extends FeedOffice {
  /** What it was asked, in order. */
  readonly asked: FeedCommand[]
}

/** Accepts everything, or answers what it is told to. */
export function feedOfficeOf(answer?: (command: FeedCommand) => FeedOutcome): FakeFeedOffice {
  const asked: FeedCommand[] = []
  return {
    asked,
    submit: async (command) => {
      asked.push(command)
      return answer?.(command) ?? { outcome: 'accepted', serverTime: noonMs }
    },
  }
}

export interface FakeDeviceMarks extends DeviceMarkBoard {
  /** What was noted, in order. */
  readonly noted: DeviceMark[]
}

export function deviceMarksOf(): FakeDeviceMarks {
  const noted: DeviceMark[] = []
  return { noted, note: (mark) => void noted.push(mark) }
}
