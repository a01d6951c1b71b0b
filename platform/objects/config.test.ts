import { expect, test } from 'vitest'
import { ConfigError } from '../config.ts'
import { readObjectsConfig } from './config.ts'

const s3 = {
  S3_ENDPOINT: 'https://s3.example',
  S3_REGION: 'eu-1',
  S3_BUCKET: 'attachments',
  S3_ACCESS_KEY_ID: 'us',
  S3_SECRET_ACCESS_KEY: 'hidden',
}

/** What the operator is told, a fault a line. */
function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    readObjectsConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
  }
  return []
}

test('without a variable objects lie in a folder, and links are paths', () => {
  expect(readObjectsConfig({})).toEqual({})
  expect(readObjectsConfig({ PUBLIC_URL: 'https://chat.example' })).toEqual({
    publicUrl: 'https://chat.example',
  })
})

test('with all of them they lie in a bucket, which is a part of the path unless told otherwise', () => {
  const settings = {
    endpoint: 'https://s3.example',
    region: 'eu-1',
    bucket: 'attachments',
    accessKeyId: 'us',
    secretAccessKey: 'hidden',
  }
  expect(readObjectsConfig(s3)).toEqual({ s3: { ...settings, pathStyle: true } })
  const hosted = { ...s3, S3_PATH_STYLE: 'false' }
  expect(readObjectsConfig(hosted)).toEqual({ s3: { ...settings, pathStyle: false } })
})

test.each(Object.keys(s3))(
  '%s alone, or all but it, is a fault that names what is missing',
  (name) => {
    const others = Object.keys(s3).filter((other) => other !== name)
    const alone = { [name]: s3[name as keyof typeof s3] }
    expect(faultsOf(alone)).toEqual(others.map((other) => expect.stringContaining(`${other}: `)))
    expect(faultsOf({ ...s3, [name]: '' })).toEqual([expect.stringContaining(`${name}: `)])
  },
)

test('an address that is none is named, and a secret is never shown', () => {
  const faults = faultsOf({ ...s3, S3_ENDPOINT: 's3.example', S3_PATH_STYLE: 'perhaps' })
  expect(faults).toHaveLength(2)
  expect(faults.join()).not.toContain('hidden')
})
