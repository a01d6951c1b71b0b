// HTTP as plain values: what the edge makes of a request and what it writes as the answer.

export interface HttpRequest {
  /** In capitals. */
  readonly method: string
  /** As sent: still percent-encoded, without the query. */
  readonly path: string
  /** Without the question mark. */
  readonly query: string
  /** By lower-case name; of a repeated header the last. */
  readonly headers: ReadonlyMap<string, string>
  readonly address: string
  /** Scheme and host, where the client names a host. */
  readonly origin?: string | undefined
  /** Empty where there is none. */
  readonly body: Uint8Array | 'too_large'
}

export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Undefined: no content. */
  readonly body?: string | Uint8Array
}

/** Answers a request; never throws. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>
