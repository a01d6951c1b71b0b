// `npm run docs`: prints docs/protocol.md.
import { writeFileSync } from 'node:fs'
import { protocolPage } from './protocol-page.ts'

writeFileSync(new URL('protocol.md', import.meta.url), protocolPage())
