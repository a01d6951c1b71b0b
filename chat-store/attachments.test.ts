// Attachments through the whole chat store, on a real PostgreSQL and a folder.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { uuidv7 } from '../platform/ids.ts'
import { createLogger } from '../platform/log.ts'
import {
  type FolderObjectStore,
  openFolderObjectStore,
} from '../platform/objects/folder-object-store.ts'
import { systemClock } from '../platform/system-clock.ts'
import { VirtualClock } from '../platform/testing/virtual-clock.ts'
import { attachmentKey, uploadKey } from '../protocol/attachments.ts'
import type { AttachmentUpload, ChatOutcome } from '../protocol/chat.ts'
import type { HouseOutcome } from '../protocol/chat-store.ts'
import { createPostgresAttachmentRegister } from './adapters/postgres-attachment-register.ts'
import {
  attachmentSweepPeriodMs,
  fileBytesMax,
  goneAttachmentGraceMs,
  imageBytesMax,
  unsentAttachmentMs,
} from './limits.ts'
import { createChatStore } from './main.ts'
import { AttachmentSweeper } from './shell/attachment-sweeper.ts'
import { actor, roomTerms, say } from './testing/commands.ts'
import { ChatDatabase } from './testing/database-store.ts'
import { hostileFiles, sampleFiles } from './testing/sample-files.ts'

const png = sampleFiles['image/png']
const html = hostileFiles['an HTML page'] ?? Buffer.alloc(0)

let folder: string
let objects: FolderObjectStore
let database: ChatDatabase
let conversationId: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outcry-attachments-'))
  const secret = 'a secret of the tests'
  objects = await openFolderObjectStore({ folder, secret, clock: systemClock })
  database = await ChatDatabase.make()
  await database.start('store', (tools) => createChatStore({ ...tools, objects }))
})
beforeEach(async () => {
  conversationId = await database.chat.opened()
})
afterAll(async () => {
  await database.close()
  await rm(folder, { recursive: true, force: true })
})

interface Declared {
  readonly by?: string
  readonly contentType?: string
  readonly bytes?: number
  readonly to?: string
}

async function create({
  by = 'bea',
  to = conversationId,
  ...declared
}: Declared = {}): Promise<HouseOutcome & { readonly attachmentId: string }> {
  const attachmentId = uuidv7()
  const outcome = await database.chat.askHouse({
    type: 'create_attachment',
    actor: actor(by),
    conversationId: to,
    attachmentId,
    fileName: 'lot.png',
    contentType: 'image/png',
    bytes: png.length,
    ...declared,
  })
  return { ...outcome, attachmentId }
}

/** As a device does: by the link, and with its headers. */
async function put(upload: AttachmentUpload | undefined, bytes: Buffer): Promise<void> {
  const [path = '', query = ''] = (upload?.uploadUrl ?? '').split('?')
  const link = objects.allowedBy('PUT', path, query)
  if (typeof link === 'string' || link.method !== 'PUT') throw new Error('this is no link to put')
  expect(upload?.headers).toEqual({ 'content-type': link.contentType })
  const receiver = await objects.receive(link.key, link.bytes)
  await receiver.write(bytes)
  await receiver.finish()
}

/** An upload that is complete, whatever it says of itself. */
async function uploaded(bytes = png, declared: Declared = {}): Promise<string> {
  const created = await create({ bytes: bytes.length, ...declared })
  if (created.outcome !== 'accepted') throw new Error(JSON.stringify(created))
  await put(created.upload, bytes)
  return created.attachmentId
}

interface SendingChanges {
  readonly by?: string
  readonly to?: string
  readonly kind?: 'image' | 'file'
}

function sending(
  attachmentId: string,
  { by = 'bea', to = conversationId, kind = 'image' }: SendingChanges = {},
) {
  return { ...say(to, by, ''), content: { kind, attachmentId } }
}
const send = (...what: Parameters<typeof sending>): Promise<ChatOutcome> =>
  database.chat.ask(sending(...what))

const bytesAt = async (key: string) => (await objects.inspect(key, 1_000))?.start

describe('room for an upload', () => {
  test('is a link for exactly these bytes and this type', async () => {
    const created = await create({ contentType: 'IMAGE/PNG; charset=binary' })
    expect(created).toMatchObject({
      outcome: 'accepted',
      upload: {
        attachmentId: created.attachmentId,
        uploadUrl: expect.stringContaining(uploadKey(created.attachmentId)),
        method: 'PUT',
        headers: { 'content-type': 'image/png' },
        expiresAt: expect.any(Number),
      },
    })
  })

  test('I23: a stranger gets none, and is told the same as of a conversation that is not there', async () => {
    const { attachmentId: _, ...stranger } = await create({ by: 'eve' })
    expect(stranger).toMatchObject({ outcome: 'refused', code: 'not_member', conversationId })
    const nowhere = uuidv7()
    const { attachmentId: __, ...none } = await create({ to: nowhere })
    const unsaid = { conversationId: nowhere, serverTime: none.serverTime }
    expect(none).toEqual({ ...stranger, ...unsaid })
  })

  test('is for anybody in a room', async () => {
    const room = await database.chat.opened(roomTerms())
    const attachmentId = await uploaded(png, { by: 'eve', to: room })
    expect(await send(attachmentId, { by: 'eve', to: room })).toMatchObject({ outcome: 'accepted' })
  })

  test.each(['text/html', 'image/svg+xml', 'application/zip', 'image/', '', 'image/pngx'])(
    'is not for %j: the types that are taken are named',
    async (contentType) => {
      expect(await create({ contentType })).toMatchObject({
        code: 'attachment_type',
        expected: expect.stringContaining('image/png, '),
      })
    },
  )

  test.each([
    ['image/png', imageBytesMax],
    ['application/pdf', fileBytesMax],
  ])('of %s is for %d bytes, and not for one more', async (contentType, max) => {
    expect(await create({ contentType, bytes: max })).toMatchObject({ outcome: 'accepted' })
    const larger = await create({ contentType, bytes: max + 1 })
    expect(larger).toMatchObject({ code: 'attachment_too_large', max })
  })
})

describe('a message with an attachment', () => {
  test('is accepted once the bytes are there, and not before', async () => {
    const created = await create()
    const command = sending(created.attachmentId)
    expect(await database.chat.ask(command)).toMatchObject({ code: 'attachment_not_ready' })
    if (created.outcome === 'accepted') await put(created.upload, png)
    const attachment = {
      attachmentId: created.attachmentId,
      fileName: 'lot.png',
      contentType: 'image/png',
      bytes: png.length,
    }
    const accepted = await database.chat.ask(command)
    expect(accepted).toMatchObject({ outcome: 'accepted', seq: 1 })
    const { rows: messages } = await database.pool.query(
      `SELECT view -> 'attachment' AS attachment FROM messages WHERE conversation_id = $1`,
      [conversationId],
    )
    expect(messages).toEqual([{ attachment }])
    expect(await database.chat.ask(command)).toMatchObject({ seq: 1, replayed: true })
    expect(await bytesAt(attachmentKey(created.attachmentId))).toEqual(png)
  })

  test('that lies about its type is refused for good, and its bytes are gone', async () => {
    const attachmentId = await uploaded(html)
    const refusal = { outcome: 'refused', code: 'attachment_type', expected: 'image/png' }
    expect(await send(attachmentId)).toMatchObject(refusal)
    expect(await bytesAt(uploadKey(attachmentId))).toBeUndefined()
    expect(await bytesAt(attachmentKey(attachmentId))).toBeUndefined()
    expect(await send(attachmentId, { kind: 'file' })).toMatchObject(refusal)
  })

  test('holds what was looked at: who puts other bytes after changes nothing', async () => {
    const created = await create({ bytes: html.length })
    if (created.outcome !== 'accepted') throw new Error('it was not accepted')
    const picture = Buffer.concat([png, Buffer.alloc(html.length)]).subarray(0, html.length)
    await put(created.upload, picture)
    expect(await send(created.attachmentId)).toMatchObject({ outcome: 'accepted' })
    await put(created.upload, html)
    expect(await bytesAt(attachmentKey(created.attachmentId))).toEqual(picture)
  })

  test('of kind image is a picture, of kind file anything', async () => {
    const pdf = sampleFiles['application/pdf']
    const attachmentId = await uploaded(pdf, { contentType: 'application/pdf' })
    expect(await send(attachmentId)).toMatchObject({ code: 'attachment_type' })
    expect(await send(attachmentId, { kind: 'file' })).toMatchObject({ outcome: 'accepted' })
  })

  test('of somebody else, of another conversation or of nobody is not ready', async () => {
    const attachmentId = await uploaded()
    const other = await database.chat.opened()
    const refusal = { code: 'attachment_not_ready' }
    expect(await send(attachmentId, { by: 'sam' })).toMatchObject(refusal)
    expect(await send(attachmentId, { to: other })).toMatchObject(refusal)
    expect(await send(uuidv7())).toMatchObject(refusal)
    expect(await send(attachmentId)).toMatchObject({ outcome: 'accepted' })
  })

  test('is the only one that holds it, also where two are sent at once', async () => {
    const attachmentId = await uploaded()
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => send(attachmentId)))
    const accepted = outcomes.filter(({ outcome }) => outcome === 'accepted')
    expect(accepted).toHaveLength(1)
    expect(await send(attachmentId)).toMatchObject({ code: 'attachment_not_ready' })
  })
})

const attachmentsKept = async (): Promise<readonly string[]> => {
  const { rows } = await database.pool.query<{ attachment_id: string }>(
    `SELECT attachment_id FROM attachments WHERE conversation_id = $1 ORDER BY attachment_id`,
    [conversationId],
  )
  return rows.map(({ attachment_id }) => attachment_id)
}

async function hold(isHeld: boolean): Promise<void> {
  await database.pool.query('UPDATE conversations SET legal_hold = $2 WHERE conversation_id = $1', [
    conversationId,
    isHeld,
  ])
}

const away = async (): Promise<never> => await Promise.reject(new Error('the store is away'))

/** One sweep of a store whose clock is so much ahead. */
async function sweep(aheadMs: number, objectsGiven: typeof objects = objects): Promise<void> {
  const clock = new VirtualClock(Date.now() + aheadMs)
  const register = createPostgresAttachmentRegister(database.pool)
  const log = createLogger({ name: 'test', level: 'silent' })
  const sweeper = new AttachmentSweeper({ register, objects: objectsGiven, clock, log })
  await sweeper.start()
  clock.advance(attachmentSweepPeriodMs)
  // Waits for the sweep that has begun.
  await sweeper.stop()
}

describe('what nobody needs', () => {
  test('an upload that was not sent within a day can not be sent any more, and goes', async () => {
    const unsent = await uploaded()
    const sent = await uploaded()
    expect(await send(sent)).toMatchObject({ outcome: 'accepted' })
    await sweep(unsentAttachmentMs / 2)
    expect(await attachmentsKept()).toEqual([unsent, sent])
    await sweep(unsentAttachmentMs)
    // Given up, and kept for those messages that were under way.
    expect(await bytesAt(uploadKey(unsent))).toEqual(png)
    expect(await send(unsent)).toMatchObject({ code: 'attachment_not_ready' })
    await sweep(unsentAttachmentMs + goneAttachmentGraceMs + 1_000)
    expect(await attachmentsKept()).toEqual([sent])
    expect(await bytesAt(uploadKey(unsent))).toBeUndefined()
    expect(await bytesAt(attachmentKey(unsent))).toBeUndefined()
    expect(await bytesAt(attachmentKey(sent))).toEqual(png)
  })

  test('I21: the bytes of a message that was deleted for all go with the next sweep', async () => {
    const attachmentId = await uploaded()
    const outcome = await send(attachmentId)
    const messageId = 'messageId' in outcome ? (outcome.messageId ?? '') : ''
    await sweep(0)
    expect(await bytesAt(attachmentKey(attachmentId))).toEqual(png)
    await database.chat.ask({
      type: 'delete_message',
      conversationId,
      actor: actor('bea'),
      messageId,
      forAll: true,
    })
    await sweep(0)
    expect(await bytesAt(attachmentKey(attachmentId))).toBeUndefined()
    expect(await attachmentsKept()).toEqual([])
  })

  test('stays under legal hold, until that ends', async () => {
    const attachmentId = await uploaded()
    await hold(true)
    const late = unsentAttachmentMs + goneAttachmentGraceMs + 1_000
    await sweep(unsentAttachmentMs)
    await sweep(late)
    expect(await bytesAt(uploadKey(attachmentId))).toEqual(png)
    await hold(false)
    await sweep(late)
    expect(await attachmentsKept()).toEqual([])
  })

  test('is tried again where the object store fails', async () => {
    const attachmentId = await uploaded()
    await sweep(unsentAttachmentMs)
    const late = unsentAttachmentMs + goneAttachmentGraceMs + 1_000
    await sweep(late, { ...objects, remove: away })
    expect(await attachmentsKept()).toEqual([attachmentId])
    await sweep(late)
    expect(await attachmentsKept()).toEqual([])
  })
})
