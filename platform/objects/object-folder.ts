// Objects as files of one folder. What is half received lies apart and gets its name when it is whole and
// on the disk, so nobody ever sees half an object.
import { randomUUID } from 'node:crypto'
import {
  type FileHandle,
  link,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
  unlink,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { assert } from '../assert.ts'
import { codeOf } from '../failure.ts'
import { isObjectKey } from './object-store.ts'

/** Bytes that come in. After a rejection nothing of them is left. */
export interface IncomingObject {
  /** Resolves when there is room for more, and the chunk may be used for other things. */
  write(chunk: Uint8Array): Promise<void>
  /** The object is there, in the place of one that was, and survives a loss of power. */
  finish(): Promise<void>
  /** Throws it away. */
  abort(): Promise<void>
}

/** An object being read: the one that it was when it was opened, also where it is removed meanwhile. */
export interface OpenObject {
  readonly bytes: number
  /** Fewer than `bytesMax` at the end only. */
  read(offset: number, bytesMax: number): Promise<Uint8Array>
  close(): Promise<void>
}

/** More or fewer bytes came than were announced. */
export class ObjectLengthError extends Error {
  override readonly name = 'ObjectLengthError'
}

/** No key has a dot in it. */
const incomingFolder = '.incoming'

export class ObjectFolder {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Makes the folder where it is missing, and throws away what was left half received before `beforeMs`. */
  async prepare(beforeMs: number): Promise<void> {
    const incoming = join(this.#folder, incomingFolder)
    await mkdir(incoming, { recursive: true, mode: 0o700 })
    for (const name of await readdir(incoming)) {
      const file = join(incoming, name)
      const { mtimeMs } = await stat(file)
      if (mtimeMs < beforeMs) await rm(file, { force: true })
    }
  }

  /** Begins to receive exactly so many bytes. */
  async receive(key: string, bytes: number): Promise<IncomingObject> {
    const place = this.#placeOf(key)
    const file = join(this.#folder, incomingFolder, randomUUID())
    const handle = await open(file, 'wx', 0o600)
    return new ReceivingFile(handle, file, place, bytes)
  }

  async open(key: string): Promise<OpenObject | undefined> {
    const handle = await undefinedWhereMissing(open(this.#placeOf(key), 'r'))
    if (handle === undefined) return undefined
    try {
      const { size } = await handle.stat()
      return {
        bytes: size,
        read: (offset, bytesMax) => readAt(handle, offset, Math.min(bytesMax, size - offset)),
        close: () => handle.close(),
      }
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** As `ObjectStore.move`. */
  async move(from: string, to: string): Promise<boolean> {
    const target = this.#placeOf(to)
    const source = this.#placeOf(from)
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    try {
      // Unlike a rename it never takes the place of a file that is there.
      await link(source, target)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false
      if (codeOf(error) !== 'EEXIST') throw error
    }
    await syncFolder(dirname(target))
    await undefinedWhereMissing(unlink(source))
    return true
  }

  async remove(key: string): Promise<void> {
    await undefinedWhereMissing(unlink(this.#placeOf(key)))
  }

  #placeOf(key: string): string {
    assert(isObjectKey(key), 'a key stays within its folder')
    return join(this.#folder, ...key.split('/'))
  }
}

class ReceivingFile implements IncomingObject {
  readonly #handle: FileHandle
  readonly #file: string
  readonly #place: string
  readonly #bytes: number
  #received = 0
  #isOver = false

  constructor(handle: FileHandle, file: string, place: string, bytes: number) {
    this.#handle = handle
    this.#file = file
    this.#place = place
    this.#bytes = bytes
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.#orNothing(async () => {
      const at = this.#received
      this.#received += chunk.byteLength
      if (this.#received > this.#bytes) throw this.#wrongLength()
      await this.#writeAll(chunk, at)
    })
  }

  finish(): Promise<void> {
    return this.#orNothing(async () => {
      if (this.#received !== this.#bytes) throw this.#wrongLength()
      await this.#handle.sync()
      await this.#handle.close()
      const folder = dirname(this.#place)
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await rename(this.#file, this.#place)
      await syncFolder(folder)
      this.#isOver = true
    })
  }

  async abort(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    await this.#handle.close().catch(() => {})
    await rm(this.#file, { force: true })
  }

  /** A write may take less than it was given, where the disk is nearly full. */
  async #writeAll(chunk: Uint8Array, at: number): Promise<void> {
    for (let done = 0; done < chunk.byteLength; ) {
      const { bytesWritten } = await this.#handle.write(chunk, done, undefined, at + done)
      done += bytesWritten
    }
  }

  async #orNothing(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      await this.abort()
      throw error
    }
  }

  #wrongLength(): ObjectLengthError {
    return new ObjectLengthError(`${this.#received} bytes came, ${this.#bytes} were announced`)
  }
}

async function readAt(handle: FileHandle, offset: number, bytes: number): Promise<Uint8Array> {
  const chunk = Buffer.allocUnsafe(Math.max(0, bytes))
  let done = 0
  while (done < chunk.length) {
    const { bytesRead } = await handle.read(chunk, done, chunk.length - done, offset + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return chunk.subarray(0, done)
}

/** A file's name is on the disk when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function undefinedWhereMissing<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result
  } catch (error) {
    // ENOTDIR: what would be the folder is an object.
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}
