// The store against a server that speaks S3 and verifies its signatures.
import { expect, test } from 'vitest'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { describeObjectStore, type ObjectStoreUnderTest } from './object-store.contract.ts'
import { createS3ObjectStore } from './s3-object-store.ts'
import { device } from './testing/device.ts'
import { startS3Server } from './testing/s3-server.ts'

async function s3UnderTest(): Promise<ObjectStoreUnderTest> {
  const server = await startS3Server()
  const store = createS3ObjectStore(server.settings, new VirtualClock(Date.now()))
  const dayAgo = new VirtualClock(Date.now() - 86_400_000)
  const longAgo = createS3ObjectStore(server.settings, dayAgo)
  return {
    store,
    longAgo,
    ...device,
    async close() {
      store.close()
      longAgo.close()
      await server.close()
    },
  }
}

describeObjectStore('a bucket of an S3-compatible store', s3UnderTest)

test('a store that does not take our key says so', async () => {
  const server = await startS3Server()
  const settings = { ...server.settings, secretAccessKey: 'another' }
  const store = createS3ObjectStore(settings, new VirtualClock(Date.now()))
  await expect(store.inspect('uploads/x', 10)).rejects.toThrow(/signature/i)
  const upload = await store.signUpload('uploads/x', { bytes: 1, contentType: 'image/png' })
  const response = await fetch(upload.url, { method: 'PUT', headers: upload.headers, body: 'x' })
  expect(response.status).toBe(403)
  store.close()
  await server.close()
})

test('the bucket is a part of the host where the store wants that', async () => {
  const settings = {
    endpoint: 'https://s3.example',
    region: 'eu-1',
    bucket: 'attachments',
    pathStyle: false,
  }
  const keys = { accessKeyId: 'us', secretAccessKey: 'secret' }
  const store = createS3ObjectStore({ ...settings, ...keys }, new VirtualClock(0))
  const { url } = await store.signUpload('uploads/x', { bytes: 1, contentType: 'image/png' })
  expect(url).toMatch(/^https:\/\/attachments\.s3\.example\/uploads\/x\?/)
  expect(url).toContain('X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost')
  expect(url).not.toContain('secret')
  store.close()
})
