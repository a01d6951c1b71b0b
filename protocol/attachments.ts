// Under which names the bytes of attachments lie in the object store: the chat store puts them there,
// gateways make links to them.

/** Where a device puts them. Whoever has its link may put others there for as long as the link holds. */
export const uploadKey = (attachmentId: string): string => `uploads/${attachmentId}`

/** Where they lie once they were looked at: nobody has a link to write there. */
export const attachmentKey = (attachmentId: string): string => `attachments/${attachmentId}`
