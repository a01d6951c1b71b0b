// The text in which servers tell their metrics: the exposition format of Prometheus, as far as it is needed here.

export interface MetricSample {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
}

const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g
const escapes: Readonly<Record<string, string>> = { '\\n': '\n', '\\"': '"', '\\\\': '\\' }

/** Each sample of a text, in its order. Comments, and lines that are none, are passed over. */
export function* samplesOf(text: string): Generator<MetricSample> {
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue
    const [, name, labelText = '', valueText = ''] = sample.exec(line.trim()) ?? []
    if (name === undefined) continue
    const labels = new Map<string, string>()
    for (const [, key = '', quoted = ''] of labelText.matchAll(label)) {
      labels.set(
        key,
        quoted.replace(/\\[n"\\]/g, (escaped) => escapes[escaped] ?? escaped),
      )
    }
    yield { name, labels, value: numberOf(valueText) }
  }
}

function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY
  if (text === '-Inf') return Number.NEGATIVE_INFINITY
  return Number(text)
}
