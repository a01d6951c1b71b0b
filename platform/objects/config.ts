// Where attachments are kept, read from the environment once. `.env.example` explains each variable.
import { z } from 'zod'
import { ConfigError, readConfig } from '../config.ts'
import { variable } from '../config-variables.ts'
import type { S3Settings } from './s3-object-store.ts'

export interface ObjectsConfig {
  /** Default: a folder. */
  readonly s3?: S3Settings
  /** The address under which clients reach this deployment; links to a folder's objects begin with it. */
  readonly publicUrl?: string
}

const Environment = z.object({
  S3_ENDPOINT: variable.url('http', 'https').optional(),
  S3_REGION: variable.text().optional(),
  S3_BUCKET: variable.text().optional(),
  S3_ACCESS_KEY_ID: variable.text().optional(),
  S3_SECRET_ACCESS_KEY: variable.text().optional(),
  S3_PATH_STYLE: variable.flag().default(true),
  PUBLIC_URL: variable.url('http', 'https').optional(),
})

/** All of them or none. */
const together = [
  'S3_ENDPOINT',
  'S3_REGION',
  'S3_BUCKET',
  'S3_ACCESS_KEY_ID',
  'S3_SECRET_ACCESS_KEY',
] as const

/** @throws ConfigError that names every variable which does not hold */
export function readObjectsConfig(
  env: Readonly<Record<string, string | undefined>>,
): ObjectsConfig {
  const { S3_PATH_STYLE: pathStyle, PUBLIC_URL: publicUrl, ...s3 } = readConfig(Environment, env)
  const missing = together.filter((name) => s3[name] === undefined)
  const named = publicUrl === undefined ? {} : { publicUrl }
  if (missing.length === together.length) return named
  if (missing.length > 0) {
    const faults = missing.map(
      (name) => `${name}: expected beside the other S3_ variables, but it is not set`,
    )
    throw new ConfigError(faults)
  }
  return {
    ...named,
    s3: {
      endpoint: s3.S3_ENDPOINT ?? '',
      region: s3.S3_REGION ?? '',
      bucket: s3.S3_BUCKET ?? '',
      accessKeyId: s3.S3_ACCESS_KEY_ID ?? '',
      secretAccessKey: s3.S3_SECRET_ACCESS_KEY ?? '',
      pathStyle,
    },
  }
}
