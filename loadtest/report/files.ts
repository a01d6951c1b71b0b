// Where reports are written to.
import { access, constants, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { codeOf, Failure } from '../../platform/failure.ts'
import { pageOf } from './page.ts'
import type { Report } from './report.ts'

export interface ReportPlaces {
  readonly json?: string
  readonly html?: string
}

/** Looked at before a run that may take an hour. @throws Failure where a report could not be written */
export async function checkPlaces({ json, html }: ReportPlaces): Promise<void> {
  for (const file of [json, html]) {
    if (file === undefined) continue
    try {
      await access(dirname(file), constants.W_OK)
    } catch (cause) {
      throw unwritable(file, cause)
    }
    const found = await stat(file).catch(() => undefined)
    if (found?.isDirectory() === true) throw new Failure(`${file} is a folder; a report is a file.`)
  }
}

/** @throws Failure */
export async function writeReport(report: Report, { json, html }: ReportPlaces): Promise<void> {
  if (json !== undefined) await write(json, `${JSON.stringify(report, undefined, 1)}\n`)
  if (html !== undefined) await write(html, await pageOf(report))
}

async function write(file: string, text: string): Promise<void> {
  await writeFile(file, text).catch((cause: unknown) => {
    throw unwritable(file, cause)
  })
}

function unwritable(file: string, cause: unknown): Failure {
  return new Failure(`The report ${file} can not be written (${codeOf(cause)}).`, { cause })
}
