// Which Outcry this is.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const packageFile = readFileSync(join(import.meta.dirname, 'package.json'), 'utf8')

export const { version } = JSON.parse(packageFile) as { readonly version: string }
