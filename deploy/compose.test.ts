// docker-compose.yml, held to the schema of the Compose specification and to the rest of this repository.
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { ROLES } from '../role-config.ts'
import { root, textOf, variablesOf, yamlOf } from './testing/deployment-files.ts'

interface Service {
  readonly image: string
  readonly command?: readonly string[]
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean }
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly networks?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly stop_grace_period?: string
  readonly deploy?: { readonly replicas: number }
  readonly ulimits?: { readonly nofile?: { readonly soft: number } }
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly networks: Readonly<Record<string, unknown>>
  readonly volumes: Readonly<Record<string, unknown>>
}

const roles: readonly string[] = ROLES
const compose = yamlOf('docker-compose.yml') as Compose
const services = Object.entries(compose.services)
const ofRoles = services.filter(([name]) => roles.includes(name))
const networksOf = (name: string) => compose.services[name]?.networks ?? []
const text = textOf('docker-compose.yml')

const { scripts } = JSON.parse(textOf('package.json')) as {
  readonly scripts: Readonly<Record<string, string>>
}

describe('the fleet of docker-compose.yml', () => {
  test('is what the Compose specification allows', () => {
    const linter = createRequire(import.meta.url).resolve('dclint/package.json')
    const schema = join(dirname(linter), 'schemas', 'compose.schema.json')
    const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false })
    const { $schema: _, ...rules } = JSON.parse(readFileSync(schema, 'utf8')) as { $schema: string }
    const validate = ajv.compile(rules)
    expect(validate({ ...compose, services: { bad: { image: 1 } } })).toBe(false)
    validate(compose)
    expect(validate.errors ?? []).toEqual([])
  })

  test('has every role and everything the roles stand on', () => {
    const others = 'migrate postgres nats-1 nats-2 nats-3 redis haproxy prometheus grafana'
    const expected = [...roles, ...others.split(' ')]
    expect(new Set(services.map(([name]) => name))).toEqual(new Set(expected))
    expect(compose.services['gateway']?.deploy?.replicas).toBe(2)
    expect(compose.services['engine']?.deploy?.replicas).toBe(2)
  })

  test.each([...roles, 'migrate'])('%s is started as its npm script does', (name) => {
    // A container has no shell between it and the process, so nothing is to be replaced by it.
    const script = scripts[name]?.replace(/^exec /, '')
    expect(script).toMatch(/^node /)
    expect(compose.services[name]?.command?.join(' ')).toBe(script)
  })

  test.each(services.filter(([name]) => name !== 'migrate'))(
    '%s has a health check',
    (_, service) => {
      expect(service.healthcheck?.test?.length).toBeGreaterThan(1)
      expect(service.healthcheck?.disable).toBeUndefined()
    },
  )

  test.each(services)('%s waits for services that are there, by their health', (_, service) => {
    for (const [name, { condition }] of Object.entries(service.depends_on ?? {})) {
      expect(compose.services).toHaveProperty([name])
      const ends = compose.services[name]?.healthcheck?.disable === true
      expect(condition).toBe(ends ? 'service_completed_successfully' : 'service_healthy')
    }
  })

  test.each(ofRoles)('%s is not killed while it drains', (_, service) => {
    const lifecycle = textOf('platform/lifecycle.ts')
    const deadlineMs = Number(
      /deadlineMsDefault = ([\d_]+)/u.exec(lifecycle)?.[1]?.replace('_', ''),
    )
    expect(deadlineMs).toBeGreaterThan(0)
    expect(secondsOf(service.stop_grace_period) * 1_000).toBeGreaterThan(deadlineMs)
  })

  test.each(ofRoles)('%s is given only variables that something reads', (_, service) => {
    const explained = variablesOf('.env.example')
    const given = Object.keys(service.environment ?? {})
    expect(given.filter((name) => !explained.includes(name))).toEqual([])
  })

  test('every role is given what every role needs', () => {
    for (const [, { environment = {} }] of ofRoles) {
      for (const name of ['DATABASE_URL', 'NATS_URL', 'REDIS_URL', 'METRICS_PORT', 'NODE_ENV']) {
        expect(environment).toHaveProperty([name])
      }
      expect(environment).not.toHaveProperty('DEV_TOKENS')
      expect(environment['NATS_URL']?.match(/nats-[123]:4222/gu)).toHaveLength(3)
    }
  })

  test('every file that is mounted is there', () => {
    const mounted = services.flatMap(([, { volumes = [] }]) =>
      volumes.flatMap((volume) => (volume.startsWith('./') ? [volume.split(':')[0] ?? ''] : [])),
    )
    expect(mounted.length).toBeGreaterThan(4)
    expect(mounted.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  test('every volume and network that is used is declared, and the other way round', () => {
    const volumes = services.flatMap(([, service]) =>
      (service.volumes ?? []).map((volume) => volume.split(':')[0] ?? ''),
    )
    const named = volumes.filter((volume) => !volume.startsWith('.'))
    expect(new Set(named)).toEqual(new Set(Object.keys(compose.volumes)))
    const networks = services.flatMap(([, service]) => service.networks ?? [])
    expect(new Set(networks)).toEqual(new Set(Object.keys(compose.networks)))
  })

  test('no two services take one port of the host, and only HAProxy’s is open to all', () => {
    const published = services.flatMap(([name, { ports = [] }]) =>
      ports.map((port) => ({ name, port: /:-(\d+)\}/u.exec(port)?.[1], text: port })),
    )
    expect(published.map(({ port }) => port)).not.toContain(undefined)
    expect(new Set(published.map(({ port }) => port)).size).toBe(published.length)
    const open = published.filter(({ text: port }) => !port.startsWith('127.0.0.1:'))
    expect(open.map(({ name }) => name)).toEqual(['haproxy'])
  })

  test('a gateway is known to HAProxy and Prometheus by one address', () => {
    for (const asker of ['haproxy', 'prometheus']) {
      for (const role of roles) {
        const common = networksOf(asker).filter((network) => networksOf(role).includes(network))
        expect(common).toEqual(['inside'])
      }
    }
  })

  test('a gateway and HAProxy may have the sockets they are meant for', () => {
    const maxconn = Number(/^ +maxconn (\d+)$/mu.exec(textOf('deploy/haproxy.cfg'))?.[1])
    expect(compose.services['haproxy']?.ulimits?.nofile?.soft).toBeGreaterThan(2 * maxconn)
    expect(compose.services['gateway']?.ulimits?.nofile?.soft).toBeGreaterThan(65_536)
  })
})

describe('what the operator sets', () => {
  const asked = [...text.matchAll(/\$\{([A-Z][A-Z0-9_]*)(:[?-])?([^}]*)\}/gu)].map(
    ([, name = '', operator = '', rest = '']) => ({ name, operator, rest }),
  )

  test('is explained in deploy/compose.env.example, all of it and nothing else', () => {
    const explained = variablesOf('deploy/compose.env.example')
    expect(new Set(explained)).toEqual(new Set(asked.map(({ name }) => name)))
    expect(explained.length).toBe(new Set(explained).size)
  })

  test('secrets have no default, and their absence says what to do', () => {
    const secret = /(?:PASSWORD|JWT_SECRET)$/u
    const secrets = asked.filter(({ name }) => secret.test(name))
    expect(secrets.length).toBeGreaterThan(5)
    for (const { operator, rest } of secrets) {
      expect({ operator, rest }).toEqual({
        operator: ':?',
        rest: 'set it in .env, see deploy/compose.env.example',
      })
    }
    expect(asked.filter(({ operator }) => operator === '')).toEqual([])
  })

  test('is kept out of the repository and out of the image', () => {
    const ignored = textOf('.gitignore').split('\n')
    expect(ignored).toContain('.env')
    expect(ignored).toContain('outcry.env')
    expect(textOf('.dockerignore').split('\n')).toContain('*')
  })

  test('no secret stands in the file itself', () => {
    const values = services.flatMap(([, { environment = {} }]) =>
      Object.entries(environment).filter(([name]) => /PASSWORD|SECRET|AUTH|_URL$/u.test(name)),
    )
    expect(values.length).toBeGreaterThan(10)
    for (const [, value] of values) expect(value).toMatch(/\$\{\w+:[?-]/u)
  })
})

function secondsOf(duration = ''): number {
  const [, count] = /^(\d+)s$/u.exec(duration) ?? []
  if (count === undefined) throw new Error(`${duration} is no duration in seconds`)
  return Number(count)
}
