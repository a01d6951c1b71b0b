// The configurations of this folder, as the programs they are for read them.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  pingIntervalMs as gatewayPingMs,
  pongDeadlineMs as gatewayPongMs,
} from '../gateway/limits.ts'
import { natsProgram } from '../platform/servers/nats-server.ts'
import { root, textOf, yamlOf } from './testing/deployment-files.ts'
import { haproxy, installMs, promtool, verdictOf } from './testing/tools.ts'

describe('deploy/haproxy.cfg', () => {
  const file = 'deploy/haproxy.cfg'

  test('is what HAProxy takes, without a warning', { timeout: installMs }, async () => {
    const { code, said } = await verdictOf(haproxy, ['-c', '-f', file])
    expect({ code, warnings: said.match(/WARNING.*/gu) }).toEqual({ code: 0, warnings: null })
  })

  test('ends TLS where a certificate is named', async () => {
    const { code, said } = await verdictOf(haproxy, ['-c', '-f', file], { TLS_PEM: '/no/such.pem' })
    expect(code).toBe(1)
    expect(said).toMatch(/bind :8443.*no\/such\.pem/u)
  })

  test('buries no WebSocket that the gateway holds to be alive', () => {
    const [, hours] = /timeout tunnel (\d+)h/u.exec(textOf(file)) ?? []
    expect(Number(hours) * 3_600_000).toBeGreaterThan(10 * (gatewayPingMs + gatewayPongMs))
  })
})

describe('deploy/nats.conf', () => {
  const check = ['-t', '--config', 'deploy/nats.conf', '--name', 'nats-1']

  test.each(['"12ab"', '"0e5k"', '"true"'])(
    'is what NATS takes, with the password %s',
    { timeout: installMs },
    async (NATS_PASSWORD) => {
      expect(await verdictOf(natsProgram, check, { NATS_PASSWORD })).toMatchObject({ code: 0 })
    },
  )

  test('says that a password is missing', async () => {
    const { code, said } = await verdictOf(natsProgram, check)
    expect(code).not.toBe(0)
    expect(said).toContain('NATS_PASSWORD')
  })
})

describe('deploy/prometheus.yml', () => {
  interface Prometheus {
    readonly scrape_configs: readonly {
      readonly job_name: string
      readonly dns_sd_configs?: readonly { readonly names: string[]; readonly port: number }[]
      readonly static_configs?: readonly { readonly targets: string[] }[]
    }[]
  }
  interface Compose {
    readonly services: Readonly<Record<string, unknown>>
  }

  test('is what Prometheus takes, with its alerts', { timeout: installMs }, async () => {
    const { code, said } = await verdictOf(promtool, ['check', 'config', 'deploy/prometheus.yml'])
    expect({ code, said }).toMatchObject({ code: 0, said: expect.stringContaining('rules found') })
  })

  test('finds every role where docker-compose.yml has it', () => {
    const { services } = yamlOf('docker-compose.yml') as Compose
    const { scrape_configs: jobs } = yamlOf('deploy/prometheus.yml') as Prometheus
    const roles = jobs.flatMap(({ job_name: job, dns_sd_configs: found = [] }) =>
      found.map(({ names, port }) => ({ job, names, port })),
    )
    expect(roles.length).toBe(4)
    for (const { job, names, port } of roles) {
      expect(names).toEqual([job])
      expect(services[job]).toMatchObject({ environment: { METRICS_PORT: String(port) } })
    }
    const others = jobs.flatMap(({ static_configs: targets = [] }) =>
      targets.flatMap((group) => group.targets),
    )
    expect(others).toEqual(['haproxy:8404'])
  })
})

const engine = (name: string) => `outcry_engine_shards{job="engine",instance="${name}"}`
const absent = (job: string) => ({
  exp_labels: { severity: 'page', job },
  exp_annotations: {
    summary: `no ${job} is running`,
    runbook: 'docs/runbook.md#a-process-is-gone-or-not-ready',
  },
})

describe('the alerts', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outcry-alerts-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  /** Series by their name and labels, a value every 10 s; and what is raised at 2 min. */
  const judge = async (
    series: Readonly<Record<string, string>>,
    alert: string,
    raised: object[],
  ) => {
    const cases = {
      rule_files: [join(root, 'deploy', 'alerts.yml')],
      evaluation_interval: '10s',
      tests: [
        {
          interval: '10s',
          input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
          alert_rule_test: [{ eval_time: '2m', alertname: alert, exp_alerts: raised }],
        },
      ],
    }
    const file = join(folder, 'cases.yml')
    // JSON is YAML.
    await writeFile(file, JSON.stringify(cases))
    return await verdictOf(promtool, ['test', 'rules', file])
  }

  const withoutOwner = {
    exp_labels: { severity: 'page' },
    exp_annotations: {
      summary: 'only 200 of 256 shards have an engine',
      runbook: 'docs/runbook.md#lots-without-an-owner',
    },
  }

  test('an engine that died and is not taken over from is told', {
    timeout: installMs,
  }, async () => {
    const series = { [engine('a')]: '128x5 72x20', [engine('b')]: '128x25' }
    const verdict = await judge(series, 'LotsWithoutOwner', [withoutOwner])
    expect(verdict).toMatchObject({ code: 0 })
  })

  test('a takeover in time is not', async () => {
    const series = { [engine('a')]: '128x9 _x16', [engine('b')]: '128x9 256x16' }
    expect(await judge(series, 'LotsWithoutOwner', [])).toMatchObject({ code: 0 })
    // And the judge does judge.
    expect(await judge(series, 'LotsWithoutOwner', [withoutOwner])).not.toMatchObject({ code: 0 })
  })

  test('a role of which nothing is known is told as well as one that is down', async () => {
    const up = {
      'up{job="gateway"}': '1x25',
      'up{job="chat"}': '1x25',
      'up{job="notifier"}': '0x25',
    }
    const verdict = await judge(up, 'RoleAbsent', [absent('engine'), absent('notifier')])
    expect(verdict).toMatchObject({ code: 0 })
  })
})
