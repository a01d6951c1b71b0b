// Bytes of attachments, on their way to devices and from them.
import type { AttachmentLink, AttachmentView } from '../../protocol/chat.ts'
import type { HttpRequest, HttpResponse } from './http.ts'

export interface AttachmentLinks {
  /** A link to the attachment's bytes that ends after a while. @throws the object store's error. */
  sign(attachment: AttachmentView): Promise<AttachmentLink>
}

/** A request for an object's bytes; they are not part of it. */
export type ObjectRequest = Omit<HttpRequest, 'body'>

/** Bytes that come in. After a rejection, or `abort`, nothing of them is left. */
export interface ObjectReceiver {
  /** Resolves when there is room for more. */
  write(chunk: Uint8Array): Promise<void>
  /** All have come; resolves when they are stored. */
  finish(): Promise<void>
  abort(): Promise<void>
}

/** Bytes that go out. */
export interface ObjectReader {
  /** Fewer than `bytesMax` at the end only. */
  read(offset: number, bytesMax: number): Promise<Uint8Array>
  close(): Promise<void>
}

/** What is to be done about a request for an object's bytes. */
export type ObjectAnswer =
  | { readonly type: 'respond'; readonly response: HttpResponse }
  | {
      readonly type: 'receive'
      /** To be finished or aborted. */
      readonly receiver: ObjectReceiver
      /** What its sender is told: all is stored, its time was up before, or the receiver rejected. */
      response(came: 'whole' | 'late' | { readonly error: unknown }): HttpResponse
    }
  | {
      readonly type: 'send'
      readonly head: Pick<HttpResponse, 'status' | 'headers'>
      readonly bytes: number
      /** To be closed. */
      readonly reader: ObjectReader
    }

/** Looks at a request before its bytes. Never throws. */
export type ObjectHandler = (request: ObjectRequest) => Promise<ObjectAnswer>
