import { describe, expect, test } from 'vitest'
import { ATTACHMENT_TYPES, type AttachmentType } from '../../protocol/attachments.ts'
import { attachmentTypes } from '../adapters/attachment-types.ts'
import { attachmentStartBytes } from '../limits.ts'
import { hostileFiles, sampleFiles } from '../testing/sample-files.ts'
import { isWhatItSays } from './attachment-judgement.ts'

const judged = (declared: AttachmentType, bytes: Uint8Array): Promise<boolean> => {
  const start = bytes.subarray(0, attachmentStartBytes)
  return isWhatItSays(declared, start, start.length === bytes.length, attachmentTypes)
}
const texts: readonly AttachmentType[] = ['text/plain', 'text/csv']
const containers: readonly AttachmentType[] = ['image/heic', 'image/heif']

/** Types between which nobody can tell, or needs to. */
function alike(one: AttachmentType, other: AttachmentType): boolean {
  return [texts, containers].some((group) => group.includes(one) && group.includes(other))
}

describe.each(ATTACHMENT_TYPES)('what is declared as %s', (declared) => {
  test('is that', async () => {
    expect(await judged(declared, sampleFiles[declared])).toBe(true)
  })

  test('is that also where only its start is looked at', async () => {
    const rest = Buffer.alloc(2 * attachmentStartBytes, texts.includes(declared) ? 'ä' : 7)
    expect(await judged(declared, Buffer.concat([sampleFiles[declared], rest]))).toBe(true)
  })

  test.each(ATTACHMENT_TYPES.filter((other) => other !== declared && !alike(declared, other)))(
    'is not %s',
    async (other) => {
      expect(await judged(declared, sampleFiles[other])).toBe(false)
    },
  )

  test.each(Object.keys(hostileFiles))('is not %s', async (name) => {
    expect(await judged(declared, hostileFiles[name] ?? Buffer.alloc(0))).toBe(false)
  })

  test('is not a file of that name behind other bytes', async () => {
    const hidden = Buffer.concat([Buffer.from('<script>'), sampleFiles[declared]])
    expect(await judged(declared, hidden)).toBe(false)
  })

  test('is not a file that breaks off in its first bytes', async () => {
    if (texts.includes(declared)) return expect(await judged(declared, Buffer.from('a'))).toBe(true)
    return expect(await judged(declared, sampleFiles[declared].subarray(0, 2))).toBe(false)
  })
})

describe('a text', () => {
  test('that ends within a character is none; one that is cut there for the look is', async () => {
    const cut = Buffer.from('Grüß').subarray(0, 3)
    expect(await isWhatItSays('text/plain', cut, true, attachmentTypes)).toBe(false)
    expect(await isWhatItSays('text/plain', cut, false, attachmentTypes)).toBe(true)
  })

  test.each(['a <b> c', '< html', '<3 from Sam', '1<2', '<tablet for sale>'])(
    'like %j is no markup',
    async (text) => {
      expect(await judged('text/plain', Buffer.from(text))).toBe(true)
    },
  )
})
