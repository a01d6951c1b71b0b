// What a file is, whatever it is called.

export interface AttachmentTypes {
  /** The media type that the first bytes of a file show; undefined where they show none. Never throws. */
  shownBy(start: Uint8Array): Promise<string | undefined>
}
