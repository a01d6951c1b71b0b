// How far a run is: a bar on a terminal, and elsewhere (a log, a pipe) a line now and then.
import { Presets, SingleBar } from 'cli-progress'

export interface Progress {
  /** `done` of the total; `says` stands behind the bar. */
  update(done: number, says: string): void
  /** Takes the bar away. */
  stop(): void
}

type Output = NodeJS.WriteStream | (NodeJS.WritableStream & { readonly isTTY?: boolean })

const linesMax = 10

export function createProgress(total: number, unit: string, output: Output): Progress {
  return output.isTTY === true
    ? progressBar(total, unit, output)
    : progressLines(total, unit, output)
}

function progressBar(total: number, unit: string, output: Output): Progress {
  const format = `{bar} {percentage}% · {value} of {total} ${unit} · {says} · {eta_formatted} left`
  const bar = new SingleBar(
    { format, stream: output, hideCursor: true, clearOnComplete: true, etaBuffer: 200 },
    Presets.shades_classic,
  )
  bar.start(total, 0, { says: '' })
  return {
    update: (done, says) => bar.update(done, { says }),
    stop: () => bar.stop(),
  }
}

function progressLines(total: number, unit: string, output: Output): Progress {
  const step = Math.max(1, Math.ceil(total / linesMax))
  let next = step
  return {
    update(done, says) {
      if (done < next || done >= total) return
      output.write(`${done} of ${total} ${unit} · ${says}\n`)
      next = (Math.floor(done / step) + 1) * step
    },
    stop() {},
  }
}
