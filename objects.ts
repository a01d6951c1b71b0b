// Where attachments lie, whichever processes ask.
import { join } from 'node:path'
import { keptSecret } from './dev-secret.ts'
import type { ObjectsConfig } from './platform/objects/config.ts'
import {
  type FolderObjectStore,
  openFolderObjectStore,
} from './platform/objects/folder-object-store.ts'
import type { ObjectStore } from './platform/objects/object-store.ts'
import { systemClock as clock } from './platform/system-clock.ts'

export interface Objects {
  readonly objects: ObjectStore
  /** The same, where it is a folder that the gateway serves. */
  readonly folder?: FolderObjectStore
  readonly close: () => Promise<void>
}

export interface ObjectsPlace {
  readonly dataFolder: string
  readonly objects: ObjectsConfig
  /** Signs the links to a folder; default: one that is kept in the data folder. */
  readonly secret: string | undefined
}

/** In the bucket that the operator named, else in the data folder, which all processes share then. */
export async function openObjects(place: ObjectsPlace): Promise<Objects> {
  const { s3, publicUrl } = place.objects
  if (s3 !== undefined) {
    // Loaded by whoever has a bucket: the client of S3 takes a twelfth of the time to load all.
    const { createS3ObjectStore } = await import('./platform/objects/s3-object-store.ts')
    const objects = createS3ObjectStore(s3, clock)
    return { objects, close: async () => objects.close() }
  }
  const folder = await openFolderObjectStore({
    folder: join(place.dataFolder, 'objects'),
    secret: place.secret ?? (await keptSecret(place.dataFolder)),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    clock,
  })
  return { objects: folder, folder, close: async () => {} }
}
