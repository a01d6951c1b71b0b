// The light socket over TLS: by the certificate that this test has made, and by none that it does not know.
import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'

const caller = fileURLToPath(new URL('../testing/echo-caller.ts', import.meta.url))
/** More than one record of TLS holds. */
const sentBytes = 100_000

let folder: string
let certificate: string
let server: Server

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outcry-tls-'))
  certificate = join(folder, 'certificate.pem')
  const key = join(folder, 'key.pem')
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const files = ['-keyout', key, '-out', certificate]
  await promisify(execFile)('openssl', ['req', '-x509', '-nodes', ...curve, ...names, ...files])
  server = createServer({ cert: await readFile(certificate), key: await readFile(key) })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await rm(folder, { recursive: true })
})

/** What a process with these variables says of a call. Node reads which authorities it trusts when it starts. */
async function call(env: Readonly<Record<string, string>>): Promise<unknown> {
  const url = `wss://localhost:${(server.address() as AddressInfo).port}/`
  const child = fork(caller, [url, String(sentBytes)], { env, stdio: 'inherit' })
  const exit = once(child, 'exit')
  const [said] = (await once(child, 'message')) as [unknown]
  await exit
  return said
}

test('a server whose certificate is trusted is spoken to, in messages longer than its records', async () => {
  const said = await call({ NODE_EXTRA_CA_CERTS: certificate })
  expect(said).toEqual({ echoed: sentBytes, code: 1000, reason: '' })
})

test('a server that nobody vouches for is not, and why is said', async () => {
  expect(await call({})).toEqual({
    echoed: 0,
    code: 1006,
    reason: expect.stringContaining('self-signed certificate'),
  })
})
