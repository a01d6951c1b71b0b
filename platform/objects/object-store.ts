// The object store port: files of users, put and fetched by their devices without passing through the
// services, by links that are signed and end. Adapters: an S3-compatible store, and a folder.

/** Where a device puts an object's bytes. */
export interface SignedUpload {
  /** An address; a path where the store does not know under which address clients reach it. */
  readonly url: string
  /** To be sent as they are; a PUT without them, or with other bytes in length, is refused. */
  readonly headers: Readonly<Record<string, string>>
  readonly expiresAtMs: number
}

export interface SignedDownload {
  /** As in `SignedUpload`. */
  readonly url: string
  readonly expiresAtMs: number
}

/** How a browser that opens the link is told to treat the object. */
export interface SentAs {
  readonly fileName: string
  readonly contentType: string
  /** Shown in the page, or offered as a file to keep. */
  readonly disposition: 'inline' | 'attachment'
}

export interface StoredObject {
  readonly bytes: number
  /** As many of the first bytes as were asked for, or fewer where it is shorter. */
  readonly start: Uint8Array
}

/** Keys are of the form that `isObjectKey` says. All methods reject with the store's error. */
export interface ObjectStore {
  /**
   * Until the link ends the device may put other bytes in the place of the first: it can not know
   * whether a PUT whose answer was lost has come. Who relies on the bytes moves them first.
   */
  signUpload(
    key: string,
    object: { readonly bytes: number; readonly contentType: string },
  ): Promise<SignedUpload>
  signDownload(key: string, as: SentAs): Promise<SignedDownload>
  /** What lies under the key; undefined where nothing does. */
  inspect(key: string, startBytesMax: number): Promise<StoredObject | undefined>
  /**
   * The object is under `to` afterwards and no more under `from`. Where there is one under `to`
   * already, that one stays. False where there is none under `from`.
   */
  move(from: string, to: string): Promise<boolean>
  /** Also where there is nothing. */
  remove(key: string): Promise<void>
}

/** One or more names divided by `/`, of letters, digits, `-` and `_`: no key is a path out of somewhere. */
export function isObjectKey(text: string): boolean {
  return text.length <= 512 && /^[\w-]{1,255}(?:\/[\w-]{1,255})*$/.test(text)
}
