// The image, without building it: what is let into it is what the roles import and read, and no more.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { dirname, join, posix, relative } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { root, textOf } from './testing/deployment-files.ts'

const dockerfile = textOf('Dockerfile')

describe('.dockerignore', () => {
  const isLetIn = readIgnoreFile(textOf('.dockerignore'))
  const letIn = filesBelow(root).filter(isLetIn)

  test.each(['main.ts', 'migrate.ts', 'role.ts', 'deploy/probe.ts'])(
    'lets in all that %s imports',
    (entry) => {
      const needed = importedBy(entry)
      expect(needed.size).toBeGreaterThan(entry === 'deploy/probe.ts' ? 0 : 10)
      expect([...needed].filter((file) => !letIn.includes(file))).toEqual([])
    },
  )

  test('lets in what is read beside them: tables, scripts, the list of packages', () => {
    const read = filesBelow(root).filter((file) => /\.(?:sql|lua)$/u.test(file))
    expect(read.length).toBeGreaterThan(5)
    const needed = [...read, 'package.json', 'package-lock.json']
    expect(needed.filter((file) => !letIn.includes(file))).toEqual([])
  })

  test('lets in no tests, no tools and no settings of anybody', () => {
    const code = letIn.filter((file) => file.endsWith('.ts'))
    const used = new Set(
      ['main.ts', 'migrate.ts', 'role.ts', 'deploy/probe.ts'].flatMap((entry) => [
        ...importedBy(entry),
      ]),
    )
    expect(code.filter((file) => /\.test\.ts$|\/testing\/|\.config\.ts$/u.test(file))).toEqual([])
    // Whatever is in the image and imported by nothing in it is types, or nothing.
    expect(code.length).toBeLessThan(used.size * 1.2)
    for (const file of ['.env', '.git/config', 'outcry.env', '.outcry/jwt-secret']) {
      expect(isLetIn(file)).toBe(false)
    }
  })
})

describe('Dockerfile', () => {
  test('starts from the Node that runs the tests', () => {
    const { dependencies } = JSON.parse(textOf('package.json')) as {
      readonly dependencies: { readonly node: string }
    }
    const [major] = dependencies.node.split('.')
    expect(dockerfile).toContain(`ARG NODE_IMAGE=node:${major}-slim\n`)
    expect(process.versions.node.split('.')[0]).toBe(major)
  })

  test('installs what production needs, by the lock file', () => {
    expect(dockerfile).toMatch(/RUN npm ci --omit=dev/u)
  })

  test('keeps uWebSockets.js for the Node of the image, by the name that it has', () => {
    const { platform, arch, versions } = process
    const binary = `uws_${platform}_${arch}_${versions.modules}.node`
    const files = filesBelow(join(root, 'node_modules/uWebSockets.js'))
    expect(files.map((file) => posix.basename(file))).toContain(binary)
    expect(dockerfile).toContain(
      '`uws_${process.platform}_${process.arch}_${process.versions.modules}.node`',
    )
  })

  test('runs as nobody who may do much, under a process 1 that hands signals on', () => {
    const [last = ''] = dockerfile.split('\nFROM ').slice(-1)
    expect(last.match(/^USER .*$/gmu)).toEqual(['USER node'])
    expect(last).toMatch(/^ENTRYPOINT \["tini", "--"\]$/mu)
    // In brackets: no shell between tini and Node.
    expect(last).toMatch(/^CMD \["node", "main.ts"\]$/mu)
    expect(last).toMatch(/^HEALTHCHECK [^]*deploy\/probe\.ts[^]*METRICS_PORT[^]*\/healthz/mu)
  })
})

const probe = async (url: string) =>
  await promisify(execFile)(process.execPath, [join(root, 'deploy/probe.ts'), url]).then(
    ({ stdout }) => ({ code: 0, stdout }),
    ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
  )

describe('deploy/probe.ts', () => {
  const servers: Server[] = []
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })

  const answering = async (status: number, body: string) => {
    const server = createServer((_, response) => response.writeHead(status).end(body))
    servers.push(server)
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port was given')
    return `http://127.0.0.1:${address.port}/healthz`
  }

  test('finds a process that is alive well', async () => {
    expect(await probe(await answering(200, 'alive'))).toEqual({ code: 0, stdout: '200 alive\n' })
  })

  test('says what it was told otherwise', async () => {
    const verdict = await probe(await answering(503, 'not ready'))
    expect(verdict).toEqual({ code: 1, stdout: '503 not ready\n' })
  })

  test('says why it was told nothing', async () => {
    const url = await answering(200, '')
    const [gone] = servers.splice(0)
    await new Promise((resolve) => gone?.close(resolve))
    expect(await probe(url)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('ECONNREFUSED'),
    })
  })
})

/** Files below a folder, from there; what Git keeps out is nobody's. */
function filesBelow(folder: string): readonly string[] {
  const isOurs = (path: string) =>
    folder !== root || !/^(?:node_modules|\.git|\.outcry)\//u.test(path)
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter(isOurs)
}

/** As Docker reads it: the last pattern wins that a path, or a folder it is in, has. */
function readIgnoreFile(text: string): (path: string) => boolean {
  const patterns = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ lets: line.startsWith('!'), pattern: expressionOf(line.replace(/^!/u, '')) }))
  return (path) => {
    const steps = path.split('/')
    const prefixes = steps.map((_, at) => steps.slice(0, at + 1).join('/'))
    const last = patterns.findLast(({ pattern }) => prefixes.some((prefix) => pattern.test(prefix)))
    return last?.lets ?? true
  }
}

/** Docker's stars stand for names that begin with a dot as well. */
function expressionOf(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/gu, String.raw`\$&`)
  const starred = escaped.replace(/\*\*\/|\*/gu, (stars) => (stars === '*' ? '[^/]*' : '(?:.*/)?'))
  return new RegExp(`^${starred}$`, 'u')
}

/** The files of ours that a file imports, itself included, however far away; types are not there at run time. */
function importedBy(entry: string, found = new Set<string>()): Set<string> {
  if (found.has(entry)) return found
  found.add(entry)
  const imports = textOf(entry).matchAll(
    /(?:^(?:import|export) (?!type )(?:[\w\s{},*]*\bfrom )?|\bimport\()'(\.[^']+)'/gmu,
  )
  for (const [, target = ''] of imports) {
    const file = posix.join(dirname(entry), target)
    if (!existsSync(join(root, file)))
      throw new Error(`${entry} imports ${file}, which is not there`)
    importedBy(file, found)
  }
  return found
}
