// The arrows are only worth what the tool sees: it must cruise this tree, and report each rule of
// .dependency-cruiser.cjs when the rule is broken on purpose.
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const rules = createRequire(import.meta.url)('../.dependency-cruiser.cjs') as {
  readonly forbidden: readonly { readonly name: string }[]
}

interface Cruise {
  readonly summary: {
    readonly totalCruised: number
    readonly totalDependenciesCruised: number
    readonly violations: readonly {
      readonly from: string
      readonly rule: { readonly name: string }
    }[]
  }
}

async function cruise(folder: string): Promise<Cruise['summary']> {
  const tool = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')
  const run = promisify(execFile)(process.execPath, [tool, '--output-type', 'json', '.'], {
    cwd: folder,
    maxBuffer: 64 * 1024 * 1024,
  })
  // The tool's exit code counts violations; what it found is on its standard output either way.
  const { stdout } = await run.catch((failed: { stdout: string }) => failed)
  return (JSON.parse(stdout) as Cruise).summary
}

/** For each rule: the file that breaks it, and what that file says. */
const BREAKS: Readonly<Record<string, readonly [file: string, text: string]>> = {
  'protocol-knows-nobody': ['protocol/broken.ts', "import '../platform/some.ts'"],
  'platform-knows-no-domain': ['platform/broken.ts', "import '../protocol/some.ts'"],
  'services-meet-on-the-bus': ['gateway/routes/broken.ts', "import '../../notifier/core/some.ts'"],
  'core-is-pure': ['auction-engine/core/broken.ts', "import 'node:fs'"],
  'ports-are-promises-only': ['gateway/ports/broken.ts', "import '../../platform/some.ts'"],
  'shells-see-ports': ['auction-engine/shell/broken.ts', "import '../adapters/some.ts'"],
  'technology-stays-in-adapters': ['gateway/routes/stores.ts', "import { Pool } from 'pg'\nPool"],
  'adapters-see-ports': ['gateway/adapters/broken.ts', "import '../routes/some.ts'"],
  'only-main-picks-adapters': ['gateway/fanout/broken.ts', "import '../adapters/some.ts'"],
  'edge-decides-nothing': ['gateway/edge/broken.ts', "import '../routes/some.ts'"],
  'uws-stays-at-the-edge': ['platform/uws.ts', "import { App } from 'uWebSockets.js'\nApp()"],
  'root-wires-mains': ['broken.ts', "import './auction-engine/core/some.ts'"],
  'nobody-imports-main': ['platform/starts.ts', "import '../gateway/main.ts'"],
  'nobody-imports-the-root': ['notifier/shell/broken.ts', "import '../../some.ts'"],
  'loadtest-stays-outside': ['loadtest/broken.ts', "import '../some.ts'"],
  'loadtest-tests-stay-outside': ['loadtest/broken.test.ts', "import '../gateway/ports/some.ts'"],
  'the-judge-knows-only-words': ['history/broken.ts', "import '../platform/some.ts'"],
  'nobody-in-production-judges': ['gateway/routes/judges.ts', "import '../../history/some.ts'"],
  'bench-wires-mains': ['bench/broken.ts', "import '../auction-engine/core/some.ts'"],
  'cluster-starts-processes': ['cluster/broken.ts', "import '../protocol/some.ts'"],
  'console-speaks-the-protocol': ['console/broken.ts', "import '../platform/some.ts'"],
  'tests-stay-out-of-production': ['platform/tested.ts', "import './testing/some.ts'"],
  'production-needs-no-dev-dependency': ['platform/dev.ts', "import { test } from 'vitest'\ntest"],
  'everything-resolves': ['platform/lost.ts', "import './nowhere.ts'"],
  'no-circles': [
    'protocol/circle.ts',
    "import type { Half } from './half.ts'\nexport type Whole = [Half]",
  ],
}

/** What the broken files point at; every one of them is innocent, but for the circle's other half. */
const TARGETS = [
  'some.ts',
  'protocol/some.ts',
  'platform/some.ts',
  'platform/testing/some.ts',
  'gateway/main.ts',
  'gateway/ports/some.ts',
  'gateway/routes/some.ts',
  'gateway/adapters/some.ts',
  'auction-engine/core/some.ts',
  'auction-engine/adapters/some.ts',
  'history/some.ts',
  'notifier/core/some.ts',
]

describe('the arrows', () => {
  let fixture = ''
  beforeAll(async () => {
    fixture = await mkdtemp(join(tmpdir(), 'outcry-arrows-'))
    const write = async (file: string, text: string) => {
      await mkdir(dirname(join(fixture, file)), { recursive: true })
      await writeFile(join(fixture, file), `${text}\nexport const here = 1\n`)
    }
    for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json']) {
      await cp(join(root, file), join(fixture, file))
    }
    await symlink(join(root, 'node_modules'), join(fixture, 'node_modules'))
    for (const target of TARGETS) await write(target, '')
    for (const [file, text] of Object.values(BREAKS)) await write(file, text)
    await write(
      'protocol/half.ts',
      "import type { Whole } from './circle.ts'\nexport type Half = Whole | 1",
    )
  })
  afterAll(() => rm(fixture, { recursive: true, force: true }))

  test('this tree is seen, and no arrow of it is forbidden', async () => {
    const summary = await cruise(root)
    expect(summary.totalCruised).toBeGreaterThan(30)
    expect(summary.totalDependenciesCruised).toBeGreaterThan(30)
    expect(summary.violations).toEqual([])
  }, 60_000)

  test('each rule is reported when it is broken on purpose', async () => {
    const { violations } = await cruise(fixture)
    const reported = new Set(violations.map(({ from, rule }) => `${rule.name} by ${from}`))
    expect(Object.keys(BREAKS).toSorted()).toEqual(
      rules.forbidden.map(({ name }) => name).toSorted(),
    )
    for (const [name, [file]] of Object.entries(BREAKS)) {
      expect(reported).toContain(`${name} by ${file}`)
    }
  }, 60_000)

  test('what the broken files point at is not reported', async () => {
    const { violations } = await cruise(fixture)
    const innocent = violations.filter(({ from }) => TARGETS.includes(from))
    expect(innocent).toEqual([])
  }, 60_000)
})
