// The service account in whose name pushes are sent.
import { createPrivateKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { ConfigError } from '../../platform/config.ts'
import { codeOf } from '../../platform/failure.ts'

const ServiceAccount = z.object({
  type: z.literal('service_account'),
  project_id: z.string().min(1),
  client_email: z.string().min(1),
  private_key: z.string().refine(isPrivateKey),
})

export interface ServiceAccount {
  readonly projectId: string
  readonly clientEmail: string
  readonly privateKey: string
}

const expected = 'expected the JSON file of a Firebase service account'

/**
 * Reads the file as the Firebase console gives it out.
 * @param projectId the project it must be of; any, where it is left out
 * @throws ConfigError with one sentence that says what is wrong with which variable
 */
export async function readServiceAccount(
  file: string,
  projectId?: string,
): Promise<ServiceAccount> {
  const checked = ServiceAccount.safeParse(parsed(await textOf(file)))
  if (!checked.success) {
    const fields = [...new Set(checked.error.issues.map(({ path }) => String(path[0] ?? 'all')))]
    throw refused(`${expected}, but in ${file} this does not hold: ${fields.join(', ')}`)
  }
  const account = checked.data
  if (projectId !== undefined && account.project_id !== projectId) {
    const wanted = `expected a service account of the project ${projectId} (FCM_PROJECT_ID)`
    throw refused(`${wanted}, but the one in ${file} is of ${account.project_id}`)
  }
  return {
    projectId: account.project_id,
    clientEmail: account.client_email,
    privateKey: account.private_key,
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw refused(`${expected}, but ${file} cannot be read (${codeOf(error)})`)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isPrivateKey(text: string): boolean {
  try {
    return createPrivateKey(text).type === 'private'
  } catch {
    return false
  }
}

function refused(fault: string): ConfigError {
  return new ConfigError([`GOOGLE_APPLICATION_CREDENTIALS: ${fault}`])
}
