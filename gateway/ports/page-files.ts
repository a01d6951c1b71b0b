// The files that the pages about the API are made of.

/** The viewer's files, by their names in its package, and the printed protocol page. */
export const PAGE_FILES = [
  'swagger-ui.css',
  'swagger-ui-bundle.js',
  'favicon-32x32.png',
  'protocol.md',
] as const
export type PageFile = (typeof PAGE_FILES)[number]

export interface PageFiles {
  /** The whole file. Rejects where it can not be read: an installation that is not whole. */
  read(file: PageFile): Promise<Uint8Array>
}
