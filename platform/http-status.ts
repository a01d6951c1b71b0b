import { STATUS_CODES } from 'node:http'

/** What a status of HTTP means in words: `Not Found` for 404. Source: the IANA registry, as Node keeps it. */
export function statusPhrase(status: number): string {
  return STATUS_CODES[status] ?? 'Error'
}
