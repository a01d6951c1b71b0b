// The secret that signs and verifies tokens where nobody has set one: made at the first start and kept
// in the data folder, so that tokens outlive a restart.
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, Failure } from './platform/failure.ts'

const secretBytes = 32

/** @throws Failure where the file can be neither read nor written, or does not hold a secret */
export async function keptSecret(dataFolder: string): Promise<string> {
  const file = join(dataFolder, 'jwt-secret')
  try {
    await mkdir(dataFolder, { recursive: true })
    const made = randomBytes(secretBytes).toString('base64url')
    // Fails where the file is there: whoever was first has made the secret.
    await writeFile(file, `${made}\n`, { mode: 0o600, flag: 'wx' })
    return made
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST')
      throw unusable(file, `cannot be written (${codeOf(cause)})`, cause)
  }
  const kept = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw unusable(file, `cannot be read (${codeOf(cause)})`, cause)
  })
  if (Buffer.from(kept.trim(), 'base64url').length >= secretBytes) return kept.trim()
  throw unusable(file, 'does not hold a secret')
}

function unusable(file: string, why: string, cause?: unknown): Failure {
  const hint =
    'Remove it for a new one (tokens made before are then worth nothing), or set JWT_SECRET.'
  return new Failure(`The token secret ${file} ${why}.`, { hint, cause })
}
