import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exitCodes } from '../../platform/failure.ts'
import { createMemoryLimits } from '../../platform/limits/memory-limits.ts'
import { createLogger } from '../../platform/log.ts'
import { createMetrics } from '../../platform/metrics.ts'
import { systemClock } from '../../platform/system-clock.ts'
import { readServiceAccount } from './firebase-credentials.ts'
import { createFirebasePushService } from './firebase-push-service.ts'

let folder: string
let account: Record<string, string>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outcry-fcm-'))
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  account = {
    type: 'service_account',
    project_id: 'shop',
    client_email: 'push@shop.iam.gserviceaccount.com',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function fileOf(content: unknown): Promise<string> {
  const file = join(folder, 'account.json')
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

/** By the shipped way: an operator reads this and nothing else. */
async function toldAtStart(credentialsFile: string, projectId?: string): Promise<unknown> {
  const service = createFirebasePushService({
    target: {
      type: 'firebase',
      credentialsFile,
      ...(projectId === undefined ? {} : { projectId }),
    },
    limits: createMemoryLimits({ pushes: 'off' }),
    clock: systemClock,
    log: createLogger({ name: 'test', level: 'silent' }),
    metrics: createMetrics({ role: 'test', ofProcess: false }),
  })
  const told = await service.start().then(
    () => 'started',
    (error: unknown) => error,
  )
  await service.stop()
  return told
}

test('the service account of the project is taken', async () => {
  const file = await fileOf(account)
  expect(await readServiceAccount(file, 'shop')).toMatchObject({ projectId: 'shop' })
  expect(await toldAtStart(file, 'shop')).toBe('started')
})

test.each<[string, () => unknown, string]>([
  ['no JSON', () => '{', 'this does not hold: all'],
  ['of another type', () => ({ ...account, type: 'authorized_user' }), 'does not hold: type'],
  ['without its key', () => ({ ...account, private_key: '' }), 'does not hold: private_key'],
  [
    'with a key that was cut off',
    () => ({ ...account, private_key: account['private_key']?.slice(0, 400) ?? '' }),
    'does not hold: private_key',
  ],
  ['empty', () => ({}), 'does not hold: type, project_id, client_email, private_key'],
])('a file that is %s is refused at the start, in one sentence', async (_, content, says) => {
  expect(await toldAtStart(await fileOf(content()))).toMatchObject({
    exitCode: exitCodes.configuration,
    faults: [
      expect.stringMatching(
        new RegExp(`^GOOGLE_APPLICATION_CREDENTIALS: expected the JSON file of a.*${says}$`),
      ),
    ],
  })
})

test('a file that is not there is refused at the start', async () => {
  expect(await toldAtStart(join(folder, 'none.json'))).toMatchObject({
    faults: [expect.stringContaining('cannot be read (ENOENT)')],
  })
})

test('a service account of another project is refused at the start', async () => {
  expect(await toldAtStart(await fileOf(account), 'other')).toMatchObject({
    faults: [expect.stringMatching(/of the project other \(FCM_PROJECT_ID\), but .* is of shop$/)],
  })
})
