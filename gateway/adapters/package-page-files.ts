// The viewer's files out of its npm package, so that the pages need no other server, and the protocol
// page as `npm run docs` printed it.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PageFile, PageFiles } from '../ports/page-files.ts'

export function createPackagePageFiles(): PageFiles {
  const viewer = createRequire(import.meta.url).resolve('swagger-ui-dist/package.json')
  const printed = fileURLToPath(new URL('../../docs/', import.meta.url))
  const folderOf = (file: PageFile): string => (file === 'protocol.md' ? printed : dirname(viewer))
  return { read: async (file) => await readFile(join(folderOf(file), file)) }
}
