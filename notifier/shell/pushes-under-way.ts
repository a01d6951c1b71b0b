// Pushes of one device that are decided upon at about the same time know nothing of each other: none is noted yet.
// Here each learns how many others are on their way, so that together they keep to what a device is sent in an hour.
// Of those that another notifier sends at that moment nobody knows.
import type { DeviceRef } from '../ports/push-book.ts'

interface Counts {
  /** Those between `enter` and `leave`. */
  present: number
  begun: number
  /** Of those begun, how many are noted, or came to nothing. */
  over: number
}

export interface PushUnderWay {
  /** How many other pushes may be missing in what was noted when this one entered. */
  readonly unnoted: number
  /** It is sent from now on. */
  begin(): void
  /** What came of it is noted. */
  leave(): void
}

export class PushesUnderWay {
  /** None of devices without a push under way. */
  readonly #devices = new Map<string, Counts>()

  /** Called before it is read what was noted. */
  enter({ userId, deviceId }: DeviceRef): PushUnderWay {
    const devices = this.#devices
    const key = JSON.stringify([userId, deviceId])
    const counts = devices.get(key) ?? { present: 0, begun: 0, over: 0 }
    devices.set(key, counts)
    counts.present += 1
    const overBefore = counts.over
    let own = 0
    return {
      get unnoted() {
        return counts.begun - overBefore
      },
      begin() {
        own = 1
        counts.begun += own
      },
      leave() {
        counts.over += own
        counts.present -= 1
        if (counts.present === 0) devices.delete(key)
      },
    }
  }
}
