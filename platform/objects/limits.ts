// Every bound of the object stores, with its unit in its name and the reason for its size.

/** A phone on a bad network brings 25 MiB up within it, at 30 KiB a second. */
export const uploadLinkMs = 15 * 60_000
/** A conversation stays on a screen for as long; whoever opens it later asks for new links. */
export const downloadLinkMs = 60 * 60_000
/** What was half received when a process died is thrown away at a start, once no upload can still be under way. */
export const leftoverMs = 24 * 3_600_000
/** An S3-compatible store that has not begun to answer by then is taken for failing. */
export const storeAnswerMs = 5_000
/** Attempts at one request to the store, the first included. */
export const storeAttemptsMax = 3
/** Of a file's name in a link: a request's line and headers have to fit into 4 KiB, and a byte takes three there. */
export const linkNameBytesMax = 360
