// A server on loopback that speaks S3, verifies signatures, and keeps its objects in a throwaway folder.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import S3rver from '@20minutes/s3rver'
import type { S3Settings } from '../s3-object-store.ts'

export interface S3Server {
  readonly settings: S3Settings
  close(): Promise<void>
}

export async function startS3Server(bucket = 'attachments'): Promise<S3Server> {
  const mend = mendEncoding()
  const directory = await mkdtemp(join(tmpdir(), 'outcry-s3-'))
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: bucket, configs: [] }],
  })
  const { port } = await server.run()
  return {
    settings: {
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      bucket,
      // The only account that the server knows.
      accessKeyId: 'S3RVER',
      secretAccessKey: 'S3RVER',
      pathStyle: true,
    },
    async close() {
      await server.close()
      await rm(directory, { recursive: true, force: true })
      mend.undo()
    },
  }
}

/**
 * Signature version 4 wants `!'()*` of a query encoded (RFC 3986). The server forgets that where it
 * verifies a query, and would refuse links which any other store takes.
 */
function mendEncoding(): { undo(): void } {
  const original = globalThis.encodeURIComponent
  globalThis.encodeURIComponent = (text) =>
    original(text).replace(
      /[!'()*]/g,
      (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
    )
  return {
    undo() {
      globalThis.encodeURIComponent = original
    },
  }
}
