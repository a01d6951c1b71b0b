// What has reached devices, brought over the bus to any notifier. A crowd that a room or a reconnect wakes
// acknowledges within one turn, so what is noted in a turn goes together.
import type { Bus } from '../../platform/bus/bus.ts'
import type { Logger } from '../../platform/log.ts'
import type { DeviceMark, DeviceMarks } from '../../protocol/feed-commands.ts'
import { deviceMarksSubject } from '../../protocol/subjects.ts'
import { deviceMarksPerMessageMax, verdictDeadlineMs } from '../limits.ts'
import type { DeviceMarkBoard } from '../ports/device-mark-board.ts'

export interface BusDeviceMarkBoardOptions {
  readonly bus: Bus
  readonly log: Logger
}

export function createBusDeviceMarkBoard({ bus, log }: BusDeviceMarkBoardOptions): DeviceMarkBoard {
  let noted: DeviceMark[] = []

  function send(): void {
    const marks = noted
    if (marks.length === 0) return
    noted = []
    const message: DeviceMarks = { marks }
    bus.request(deviceMarksSubject, message, verdictDeadlineMs).catch((err: unknown) => {
      log.debug({ err, marks: marks.length }, 'marks of devices were lost')
    })
  }

  return {
    note(mark) {
      noted.push(mark)
      if (noted.length === 1) setImmediate(send)
      else if (noted.length === deviceMarksPerMessageMax) send()
    },
  }
}
