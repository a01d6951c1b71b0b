// What devices do with the links of an object store, over HTTP.
import type { ObjectStoreUnderTest } from '../object-store.contract.ts'

export const device: Pick<ObjectStoreUnderTest, 'put' | 'get'> = {
  async put(url, headers, body) {
    const response = await fetch(url, { method: 'PUT', headers, body: Buffer.from(body) })
    await response.arrayBuffer()
    return response.status
  },
  async get(url) {
    const response = await fetch(url)
    return {
      status: response.status,
      contentType: response.headers.get('content-type'),
      disposition: response.headers.get('content-disposition'),
      body: new Uint8Array(await response.arrayBuffer()),
    }
  },
}
