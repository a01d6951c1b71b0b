// Attachments in an S3-compatible store: devices talk to that, and the server only signs and looks.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type S3Server, startS3Server } from '../platform/objects/testing/s3-server.ts'
import type { AttachmentLink, AttachmentUpload } from '../protocol/chat.ts'
import { accepted, guests, someone, unhurried } from './testing/chat.ts'
import { startServer, type TestServer } from './testing/server.ts'

let s3: S3Server
let server: TestServer
const { arrive, leave } = guests(() => server)
beforeAll(async () => {
  s3 = await startS3Server()
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = s3.settings
  server = await startServer({
    ...unhurried,
    S3_ENDPOINT: endpoint,
    S3_REGION: region,
    S3_BUCKET: bucket,
    S3_ACCESS_KEY_ID: accessKeyId,
    S3_SECRET_ACCESS_KEY: secretAccessKey,
  })
})
afterEach(leave)
afterAll(async () => {
  await server.stop()
  await s3.close()
})

const letter = Buffer.from('%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n')

test.each([
  ['a file', 'application/pdf', 'accepted'],
  ['a file that lies about its type', 'image/png', 'refused'],
])(
  '%s goes to the store by its own link, and is looked at there',
  async (_, contentType, outcome) => {
    const [ann, sam] = [await arrive(someone('ann')), await arrive(someone('sam'))]
    const { conversationId } = await ann.open(sam.user)
    const file = { conversationId, fileName: 'letter.pdf', contentType, bytes: letter.length }
    const upload = await ann.rpc<AttachmentUpload>('attachment.create', file)
    const { attachmentId, uploadUrl, method, headers } = upload
    expect(new URL(uploadUrl).origin).toBe(s3.settings.endpoint)
    const put = await fetch(uploadUrl, { method, headers, body: Uint8Array.from(letter) })
    expect(put.status).toBe(200)
    const sent = await ann.say(conversationId, 'as agreed', { kind: 'file', attachmentId })
    expect(sent).toMatchObject({ outcome })
    if (outcome === 'refused') return expect(sent).toMatchObject({ code: 'attachment_type' })
    accepted(sent)
    const link = await sam.rpc<AttachmentLink>('attachment.get', { attachmentId })
    const fetched = await fetch(link.url)
    expect(fetched.headers.get('content-disposition')).toMatch(
      /^attachment; filename="letter\.pdf"/,
    )
    return expect(Buffer.from(await fetched.arrayBuffer())).toEqual(letter)
  },
)
