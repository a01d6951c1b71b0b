// What the HTTP API is made of.
import type { HttpMethod } from '../../../protocol/method-table.ts'
import type { Caller } from '../../ports/desk.ts'
import type { HttpRequest, HttpResponse } from '../../ports/http.ts'
import type { PathParams } from './router.ts'

/** A request on its way to the resource it asks for. */
export interface ResourceRequest {
  readonly caller: Caller
  readonly path: PathParams
  /** The fields of the body, of the query where the method has no body. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly headers: HttpRequest['headers']
}

export interface Resource {
  readonly method: HttpMethod
  readonly path: string
  /**
   * `probe`: answered to anybody at any rate; `page`: to anybody, at the rate of the address;
   * `api`: after the token, the rate and the body were looked at.
   */
  readonly kind: 'probe' | 'page' | 'api'
  handle(request: ResourceRequest): Promise<HttpResponse>
}
