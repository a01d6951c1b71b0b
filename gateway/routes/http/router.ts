// From a method and a path to the resource that answers.
import type { HttpMethod } from '../../../protocol/method-table.ts'

/** What a path with parameters in braces (`/v1/lots/{lotId}`) makes of a request's path. */
export type PathParams = Readonly<Record<string, string>>

export type Match<Resource> =
  | { readonly resource: Resource; readonly params: PathParams }
  /** The path is there, but not for this method. */
  | { readonly allow: readonly HttpMethod[] }
  | undefined

interface Routed {
  readonly method: HttpMethod
  readonly path: string
}

/** `HEAD` finds what `GET` would. A path that is not well encoded is no path. */
export function createRouter<Resource extends Routed>(
  resources: readonly Resource[],
): (method: string, path: string) => Match<Resource> {
  const compiled = resources.map((resource) => ({ resource, segments: split(resource.path) }))
  return (method, path) => {
    const wanted = method === 'HEAD' ? 'GET' : method
    const segments = split(path)
    const here = compiled.flatMap(({ resource, segments: pattern }) => {
      const params = matched(pattern, segments)
      return params === undefined ? [] : [{ resource, params }]
    })
    const found = here.find(({ resource }) => resource.method === wanted)
    if (found !== undefined) return found
    return here.length === 0 ? undefined : { allow: here.map(({ resource }) => resource.method) }
  }
}

const split = (path: string): string[] => path.split('/')

function matched(pattern: readonly string[], segments: readonly string[]): PathParams | undefined {
  if (pattern.length !== segments.length) return undefined
  const params: Record<string, string> = {}
  for (const [at, part] of pattern.entries()) {
    const segment = segments[at] ?? ''
    if (!part.startsWith('{')) {
      if (part !== segment) return undefined
      continue
    }
    const value = decoded(segment)
    if (value === undefined || value === '') return undefined
    params[part.slice(1, -1)] = value
  }
  return params
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
