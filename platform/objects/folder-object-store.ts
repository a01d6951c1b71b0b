// An object store in a folder, whose links lead to a server that hands the requests back to it: for a
// single host, or several that share the folder.
import type { Clock } from '../clock.ts'
import { codeOf, Failure } from '../failure.ts'
import { shortened } from './content-disposition.ts'
import { downloadLinkMs, leftoverMs, linkNameBytesMax, uploadLinkMs } from './limits.ts'
import { type IncomingObject, ObjectFolder, type OpenObject } from './object-folder.ts'
import { createLinkSigner, type LinkFault, type ObjectLink } from './object-link.ts'
import type { ObjectStore } from './object-store.ts'

export interface FolderObjectStoreOptions {
  readonly folder: string
  /** Signs the links; the same for all who serve the folder. */
  readonly secret: string
  /** The address that the links begin with, such as `https://chat.example`. Default: they are paths. */
  readonly publicUrl?: string
  readonly clock: Clock
}

export interface FolderObjectStore extends ObjectStore {
  /** What the link of a request allows. `query` without the question mark. */
  allowedBy(method: string, path: string, query: string): ObjectLink | LinkFault
  receive(key: string, bytes: number): Promise<IncomingObject>
  /** Undefined where there is nothing. */
  open(key: string): Promise<OpenObject | undefined>
}

/** @throws Failure where the folder can not be written */
export async function openFolderObjectStore(
  options: FolderObjectStoreOptions,
): Promise<FolderObjectStore> {
  const { clock, publicUrl = '' } = options
  const folder = new ObjectFolder(options.folder)
  const links = createLinkSigner(options.secret)
  await folder.prepare(clock.nowMs() - leftoverMs).catch((cause: unknown) => {
    const hint =
      'Attachments are kept there. Set OUTCRY_DATA to a folder that can be written, or name a store by S3_ENDPOINT.'
    throw new Failure(`The folder ${options.folder} cannot be used (${codeOf(cause)}).`, {
      hint,
      cause,
    })
  })
  const urlOf = (link: ObjectLink): string => publicUrl.replace(/\/$/, '') + links.sign(link)

  return {
    async signUpload(key, object) {
      const expiresAtMs = clock.nowMs() + uploadLinkMs
      const url = urlOf({ method: 'PUT', key, expiresAtMs, ...object })
      return { url, headers: { 'content-type': object.contentType }, expiresAtMs }
    },
    async signDownload(key, as) {
      const expiresAtMs = clock.nowMs() + downloadLinkMs
      const fileName = shortened(as.fileName, linkNameBytesMax)
      return { url: urlOf({ method: 'GET', key, expiresAtMs, ...as, fileName }), expiresAtMs }
    },
    async inspect(key, startBytesMax) {
      const object = await folder.open(key)
      if (object === undefined) return undefined
      try {
        return { bytes: object.bytes, start: await object.read(0, startBytesMax) }
      } finally {
        await object.close()
      }
    },
    move: (from, to) => folder.move(from, to),
    remove: (key) => folder.remove(key),
    allowedBy: (method, path, query) => links.read(method, path, query, clock.nowMs()),
    receive: (key, bytes) => folder.receive(key, bytes),
    open: (key) => folder.open(key),
  }
}
