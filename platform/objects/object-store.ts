// The object store port: files of users, put and fetched by their devices without passing through a
// process of ours, by links that are signed and end. Adapters: an S3-compatible store, and a folder.

/** Where a device puts an object's bytes, with one PUT. */
export interface SignedUpload {
  readonly url: string
  /** To be sent as they are; a PUT without them, or with other bytes in length, is refused. */
  readonly headers: Readonly<Record<string, string>>
  readonly expiresAtMs: number
}

export interface SignedDownload {
  readonly url: string
  readonly expiresAtMs: number
}

export interface StoredObject {
  readonly bytes: number
  /** As many of the first bytes as were asked for, or fewer where it is shorter. */
  readonly start: Uint8Array
}

export interface ObjectStore {
  /** `key` consists of letters, digits, `-`, `_` and `/`. */
  signUpload(
    key: string,
    object: { readonly bytes: number; readonly contentType: string },
  ): Promise<SignedUpload>
  /** `fileName` is what the download is called; `contentType` what it is sent as. */
  signDownload(
    key: string,
    as: { readonly fileName: string; readonly contentType: string },
  ): Promise<SignedDownload>
  /** What lies under the key; undefined where nothing does. @throws the store's error. */
  inspect(key: string, startBytesMax: number): Promise<StoredObject | undefined>
  /** Also where there is nothing. */
  remove(key: string): Promise<void>
}
