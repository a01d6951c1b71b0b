// What watches the fleet speaks of metrics that the fleet has: dashboard, alerts, runbook.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { shardCount } from '../protocol/subjects.ts'
import { root, textOf, yamlOf } from './testing/deployment-files.ts'
import { spokenOf } from './testing/promql.ts'
import {
  type RegisteredMetric,
  registeredMetrics,
  registrars,
  seriesOf,
} from './testing/registered-metrics.ts'

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly datasource?: { readonly uid: string }
  readonly targets?: readonly { readonly expr: string; readonly datasource: { uid: string } }[]
}
interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly runbook: string }
}

const { panels } = JSON.parse(textOf('deploy/grafana/dashboards/outcry.json')) as {
  readonly panels: readonly Panel[]
}
const drawn = panels.filter(({ type }) => type !== 'row')
const { groups } = yamlOf('deploy/alerts.yml') as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[]
}
const rules = groups.flatMap((group) => group.rules)
const runbook = textOf('docs/runbook.md')

let metrics: readonly RegisteredMetric[]
beforeAll(async () => {
  metrics = await registeredMetrics()
})
const ours = () => metrics.filter(({ name }) => name.startsWith('outcry_'))

describe('an expression of Prometheus', () => {
  test('speaks of its series and labels, and of nothing else', () => {
    const text =
      'histogram_quantile(0.99, sum by (le, job) (rate(a_ms_bucket{role!="b", x=~"c|d"}[5m]))) > 5 or absent(up{job="e"})'
    expect(spokenOf(text)).toEqual({
      series: ['a_ms_bucket', 'up'],
      labels: ['role', 'x', 'job', 'le', 'job'],
    })
  })
})

/** What Prometheus and the registry add of themselves. */
const labelsOfAll = ['job', 'instance', 'role', 'le']

describe.each([
  {
    where: 'the dashboard',
    expressions: drawn.flatMap(({ targets = [] }) => targets.map((target) => target.expr)),
  },
  { where: 'the alerts', expressions: rules.map(({ expr }) => expr) },
])('$where', ({ expressions }) => {
  test.each(expressions)('%s is about what the code registers', (expression) => {
    const known = new Map(
      metrics.flatMap((metric) => seriesOf(metric).map((series) => [series, metric] as const)),
    )
    const { series, labels } = spokenOf(expression)
    expect(series).not.toEqual([])
    expect(series.filter((name) => name !== 'up' && !known.has(name))).toEqual([])
    const allowed = series.flatMap((name) => known.get(name)?.labels ?? [])
    expect(labels.filter((label) => ![...labelsOfAll, ...allowed].includes(label))).toEqual([])
  })
})

describe('the dashboard', () => {
  test('shows every metric of ours', () => {
    const shown = new Set(
      drawn.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => spokenOf(expr).series)),
    )
    const hidden = ours().filter((metric) => !seriesOf(metric).some((series) => shown.has(series)))
    expect(hidden.map(({ name }) => name)).toEqual([])
  })

  test('reads from the source that is provisioned', () => {
    const { datasources } = yamlOf('deploy/grafana/provisioning/datasources/prometheus.yml') as {
      readonly datasources: readonly { readonly uid: string; readonly url: string }[]
    }
    expect(datasources).toMatchObject([{ url: 'http://prometheus:9090' }])
    const uids = drawn.flatMap(({ datasource, targets = [] }) => [
      datasource?.uid,
      ...targets.map((target) => target.datasource.uid),
    ])
    expect(new Set(uids)).toEqual(new Set([datasources[0]?.uid]))
  })

  test('lies where its provider looks for it', () => {
    const { providers } = yamlOf('deploy/grafana/provisioning/dashboards/outcry.yml') as {
      readonly providers: readonly { readonly options: { readonly path: string } }[]
    }
    const path = providers[0]?.options.path ?? ''
    expect(textOf('docker-compose.yml')).toContain(`./deploy/grafana/dashboards:${path}:ro`)
  })

  test('names each panel once', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    expect(drawn.length).toBeGreaterThan(20)
  })
})

describe('the alerts', () => {
  test.each(rules)(
    '$alert says how urgent it is, and where the runbook says what to do',
    (rule) => {
      expect(rule.labels.severity).toMatch(/^(?:page|ticket)$/u)
      expect(rule.annotations.summary).not.toBe('')
      const [file, section] = rule.annotations.runbook.split('#')
      expect(file).toBe('docs/runbook.md')
      const sections = [...runbook.matchAll(/^#+ (.*)$/gmu)].map(([, title = '']) =>
        anchorOf(title),
      )
      expect(sections).toContain(section)
    },
  )

  test('know how many shards there are', () => {
    const rule = rules.find(({ alert }) => alert === 'LotsWithoutOwner')
    expect(rule?.expr).toBe(`sum(outcry_engine_shards) < ${shardCount}`)
    expect(rule?.annotations.summary).toContain(`of ${shardCount} shards`)
  })
})

describe('docs/runbook.md', () => {
  const explained = [...runbook.matchAll(/^\| `([a-z_]+)` \|/gmu)].map(([, name = '']) => name)

  test('gives every metric of ours the question it answers, once, and no other', () => {
    const registered = ours().map(({ name }) => name)
    const listed = explained.filter((name) => name.startsWith('outcry_'))
    expect(new Set(listed)).toEqual(new Set(registered))
    expect(explained.length).toBe(new Set(explained).size)
  })

  test('names metrics of Node that there are', () => {
    const names = metrics.map(({ name }) => name)
    expect(explained.filter((name) => !names.includes(name))).toEqual([])
  })

  test('names every alert', () => {
    expect(rules.filter(({ alert }) => !runbook.includes(`\`${alert}\``))).toEqual([])
  })
})

describe('the list of what registers metrics', () => {
  test('is whole', () => {
    const services = ['auction-engine', 'chat-store', 'gateway', 'notifier', 'platform']
    const registering = services
      .flatMap((folder) =>
        readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(
          (file) => `${folder}/${file}`,
        ),
      )
      .filter((file) => /(?<!\.test|\.contract)\.ts$/u.test(file) && !file.includes('/testing/'))
      .filter((file) => file !== 'platform/metrics.ts' && registers(textOf(file)))
    expect(new Set(registering)).toEqual(new Set(Object.keys(registrars)))
  })
})

/** Types alone make no metric. */
function registers(source: string): boolean {
  return /\bmetersOf\(|\bnew (?:Counter|Gauge|Histogram|Summary)\(/u.test(source)
}

/** As GitHub makes them. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\w\s-]/gu, '')
    .replace(/\s+/gu, '-')
}
