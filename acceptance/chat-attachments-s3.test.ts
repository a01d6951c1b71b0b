// Attachments in an S3-compatible store: devices talk to that, and the server only signs and looks.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type S3Server, startS3Server } from '../platform/objects/testing/s3-server.ts'
import type { AttachmentLink, AttachmentUpload } from '../protocol/chat.ts'
import { accepted, chatServer, someone, unhurried } from './testing/chat.ts'

let s3: S3Server
beforeAll(async () => {
  s3 = await startS3Server()
})
// Of hooks after all tests the last comes first: the server ends before its store.
afterAll(() => s3.close())
const { arrive } = chatServer(() => ({
  ...unhurried,
  S3_ENDPOINT: s3.settings.endpoint,
  S3_REGION: s3.settings.region,
  S3_BUCKET: s3.settings.bucket,
  S3_ACCESS_KEY_ID: s3.settings.accessKeyId,
  S3_SECRET_ACCESS_KEY: s3.settings.secretAccessKey,
}))

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
