// Attachments the whole way: declared, uploaded, sent, fetched; and files that are not what they say.
import { describe, expect, test } from 'vitest'
import { waitFor } from '../platform/testing/wait-for.ts'
import type { AttachmentLink, AttachmentUpload, ChatOutcome } from '../protocol/chat.ts'
import { accepted, chatServer, someone, type Talker } from './testing/chat.ts'

const { arrive, server } = chatServer()

/** The smallest PNG there is: one transparent dot. */
const dot = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)
const page = Buffer.from('<!doctype html><script>alert(1)</script>')

interface File {
  readonly contentType: string
  readonly bytes: Uint8Array
}
const picture: File = { contentType: 'image/png', bytes: dot }

async function talk() {
  const [ann, sam] = [await arrive(someone('ann')), await arrive(someone('sam'))]
  const { conversationId } = await ann.open(sam.user)
  return { ann, sam, conversationId }
}

async function declare(
  talker: Talker,
  conversationId: string,
  { contentType, bytes }: File,
): Promise<AttachmentUpload> {
  const http = await server().as(talker.user)
  const file = { conversationId, fileName: 'lamp.png', contentType, bytes: bytes.length }
  const answer: unknown = await http.call('POST', '/v1/attachments', file)
  return answer as AttachmentUpload
}

const put = ({ uploadUrl, method, headers }: AttachmentUpload, bytes: Uint8Array) =>
  fetch(uploadUrl, { method, headers, body: Uint8Array.from(bytes) })

function sendImage(
  talker: Talker,
  conversationId: string,
  attachmentId: string,
): Promise<ChatOutcome> {
  return talker.say(conversationId, 'the lamp', { kind: 'image', attachmentId })
}

describe('a picture', () => {
  test('is declared, put, sent, shown to both, and fetched as it was', async () => {
    const { ann, sam, conversationId } = await talk()
    const { events } = await sam.join(conversationId)
    const upload = await declare(ann, conversationId, picture)
    expect(upload.expiresAt).toBeGreaterThan(Date.now())
    const { attachmentId } = upload
    // Before its bytes are there it can not be sent, and afterwards by the same id it can.
    expect(await sendImage(ann, conversationId, attachmentId)).toMatchObject({
      code: 'attachment_not_ready',
    })
    expect((await put(upload, dot)).status).toBeLessThan(300)
    accepted(await sendImage(ann, conversationId, attachmentId))
    const shown = {
      attachmentId,
      fileName: 'lamp.png',
      contentType: 'image/png',
      bytes: dot.length,
    }
    await waitFor(() => events.length === 1 && sam.feed.length === 1)
    expect(events[0]?.data.message).toMatchObject({ kind: 'image', text: 'the lamp' })
    expect(events[0]?.data.message?.attachment).toEqual(shown)
    expect(sam.feed[0]?.data).toMatchObject({ type: 'message', kind: 'image', text: 'the lamp' })
    const link = await sam.rpc<AttachmentLink>('attachment.get', { attachmentId })
    expect(link).toMatchObject(shown)
    const fetched = await fetch(new URL(link.url))
    expect(fetched.headers.get('content-type')).toBe('image/png')
    expect(fetched.headers.get('x-content-type-options')).toBe('nosniff')
    expect(Buffer.from(await fetched.arrayBuffer())).toEqual(dot)
  })

  test('is sent once: a second message with it is refused', async () => {
    const { ann, conversationId } = await talk()
    const upload = await declare(ann, conversationId, picture)
    await put(upload, dot)
    accepted(await sendImage(ann, conversationId, upload.attachmentId))
    expect(await sendImage(ann, conversationId, upload.attachmentId)).toMatchObject({
      outcome: 'refused',
      code: 'attachment_not_ready',
    })
  })

  test('of somebody else, or for another conversation, is refused', async () => {
    const { ann, sam, conversationId } = await talk()
    const other = await ann.open(someone('bob'))
    const upload = await declare(ann, conversationId, picture)
    await put(upload, dot)
    for (const [who, where] of [
      [sam, conversationId],
      [ann, other.conversationId],
    ] as const) {
      expect(await sendImage(who, where, upload.attachmentId)).toMatchObject({
        code: 'attachment_not_ready',
      })
    }
  })

  test('is gone from everywhere once its message is deleted for all', async () => {
    const { ann, sam, conversationId } = await talk()
    const upload = await declare(ann, conversationId, picture)
    const { attachmentId } = upload
    await put(upload, dot)
    const { messageId } = accepted(await sendImage(ann, conversationId, attachmentId))
    await ann.rpc('chat.delete', { conversationId, messageId, forAll: true })
    expect(await sam.rpc('attachment.get', { attachmentId })).toMatchObject({ code: 'not_member' })
  })
})

describe('a file that lies', () => {
  test('about its type is found out when it is sent, and is no use afterwards', async () => {
    const { ann, conversationId } = await talk()
    const upload = await declare(ann, conversationId, { contentType: 'image/png', bytes: page })
    expect((await put(upload, page)).status).toBeLessThan(300)
    for (const attempt of ['first', 'again']) {
      expect([attempt, await sendImage(ann, conversationId, upload.attachmentId)]).toMatchObject([
        attempt,
        { outcome: 'refused', code: 'attachment_type' },
      ])
    }
  })

  test('about its length is not taken', async () => {
    const { ann, conversationId } = await talk()
    const upload = await declare(ann, conversationId, picture)
    const longer = Buffer.concat([dot, dot])
    expect((await put(upload, longer)).status).toBeGreaterThanOrEqual(400)
    expect((await put(upload, dot.subarray(0, 20))).status).toBeGreaterThanOrEqual(400)
    expect(await sendImage(ann, conversationId, upload.attachmentId)).toMatchObject({
      code: 'attachment_not_ready',
    })
  })

  test('is not taken by a link that was tampered with', async () => {
    const { ann, conversationId } = await talk()
    const upload = await declare(ann, conversationId, picture)
    const url = new URL(upload.uploadUrl)
    for (const [name, value] of url.searchParams) {
      const forged = new URL(url)
      forged.searchParams.set(name, `${value}0`)
      const { status } = await fetch(forged, { method: 'PUT', headers: upload.headers, body: dot })
      expect([name, status]).toEqual([name, 403])
    }
  })
})
