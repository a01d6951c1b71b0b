// The beginnings of real files, a kind each: as much as shows what they are.
import type { AttachmentType } from '../../protocol/attachments.ts'

const ascii = (text: string): Buffer => Buffer.from(text, 'latin1')
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** A box of the ISO base media format that names its brand. */
const ftyp = (brand: string): Buffer =>
  Buffer.concat([hex('00000018'), ascii(`ftyp${brand}`), hex('00000000'), ascii(`mif1${brand}`)])

const pngStart = hex('89504e470d0a1a0a 0000000d 49484452 00000001 00000001 08060000001f15c489')

export const sampleFiles: Readonly<Record<AttachmentType, Buffer>> = {
  'image/jpeg': hex('ffd8ffe000104a46494600010100000100010000ffdb004300080606'),
  'image/png': Buffer.concat([pngStart, hex('0000000a49444154789c6300010000050001')]),
  'image/webp': Buffer.concat([ascii('RIFF'), hex('24000000'), ascii('WEBPVP8 '), hex('18000000')]),
  'image/gif': Buffer.concat([ascii('GIF89a'), hex('0100010080000000000000ffffff21f904')]),
  'image/heic': ftyp('heic'),
  'image/heif': ftyp('mif1'),
  'application/pdf': ascii('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\n'),
  'text/plain': Buffer.from('Grüße, the parcel left at 5 < 6 p.m.\n'),
  'text/csv': Buffer.from('lot,price\r\n"Palm Pilot",5000\r\n'),
}

/** What pretends to be one of them. */
export const hostileFiles: Readonly<Record<string, Buffer>> = {
  'an HTML page': ascii('<!DOCTYPE html><html><script>alert(1)</script></html>'),
  'HTML behind white space': ascii('\n\t  <html><body onload=alert(1)>'),
  'HTML behind a byte order mark': Buffer.from('\uFEFF<script>alert(1)</script>'),
  'HTML in capitals': ascii('<SCRIPT SRC=//evil.example></SCRIPT>'),
  'an HTML comment': ascii('<!-- --><img src=x onerror=alert(1)>'),
  'an SVG picture': ascii('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
  'an SVG picture as XML': ascii('<?xml version="1.0"?><svg onload="alert(1)"/>'),
  'a Windows program': Buffer.concat([ascii('MZ'), hex('90000300000004000000ffff0000b800')]),
  'a Linux program': hex('7f454c4602010100000000000000000002003e0001000000'),
  'a ZIP archive': Buffer.concat([ascii('PK'), hex('0304140000000800'), Buffer.alloc(40)]),
  'a text with NUL': ascii('abc\0def'),
  'bytes that are no UTF-8': hex('c3 28 a0 a1'),
  'UTF-16': Buffer.from('\uFEFFplain enough', 'utf16le'),
}
