// What a process tells the others about a channel, and what can be made of what they told.
import { pack, unpack } from 'msgpackr'
import { z } from 'zod'
import type { PresenceCounts, PresenceEntry } from './presence.ts'
import { estimateOf, sketchOf } from './user-sketch.ts'

/** Up to so many are told one by one; more of them are a crowd, which is counted. */
export const fewMax = 32

/** All who are there, with client and user in turn. */
interface Few {
  readonly kind: 'few'
  readonly entries: readonly string[]
}

interface Crowd extends PresenceCounts {
  readonly kind: 'crowd'
  readonly sketch: Uint8Array
}

export type Told = Few | Crowd

const Told: z.ZodType<Told> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('few'), entries: z.array(z.string()) }),
  z.object({
    kind: z.literal('crowd'),
    clients: z.number(),
    users: z.number(),
    sketch: z.instanceof(Uint8Array),
  }),
])
const Entries = z.array(z.string())

/** What is to be told of all who are on a channel. */
export function toldOf(entries: readonly PresenceEntry[]): Told {
  if (entries.length <= fewMax) return { kind: 'few', entries: flat(entries) }
  const users = new Set(entries.map(({ user }) => user))
  return { kind: 'crowd', clients: entries.length, users: users.size, sketch: sketchOf(users) }
}

export function tellFew(entries: readonly PresenceEntry[]): Buffer {
  return pack({ kind: 'few', entries: flat(entries) } satisfies Few)
}

export function tellCrowd(counts: PresenceCounts, sketch: Uint8Array): Buffer {
  return pack({ kind: 'crowd', ...counts, sketch } satisfies Crowd)
}

/** Some of a crowd, for a list of it. */
export function tellEntries(entries: readonly PresenceEntry[]): Buffer {
  return pack(flat(entries))
}

/** Undefined where another version of Outcry told it in other words. */
export function readTold(bytes: Buffer | undefined): Told | undefined {
  return read(Told, bytes)
}

export function readEntries(bytes: Buffer | undefined): readonly PresenceEntry[] {
  return paired(read(Entries, bytes) ?? [])
}

export function entriesOf(told: Few): readonly PresenceEntry[] {
  return paired(told.entries)
}

export function clientsOf(told: Told): number {
  return told.kind === 'few' ? told.entries.length / 2 : told.clients
}

/**
 * How many users the others have whom `own` does not have: exactly, where nobody has a crowd, else within
 * some in a hundred.
 */
export function usersBeyond(own: Told, others: readonly Told[]): number {
  if (others.length === 0) return 0
  const all = [own, ...others]
  const counts = all.map(usersOf)
  if (all.every(({ kind }) => kind === 'few')) {
    return new Set(all.flatMap(usersToldOf)).size - usersOf(own)
  }
  const sketches = all.map((told) =>
    told.kind === 'crowd' ? told.sketch : sketchOf(usersToldOf(told)),
  )
  const sum = counts.reduce((total, count) => total + count, 0)
  const together = Math.min(sum, Math.max(estimateOf(sketches), ...counts))
  return together - usersOf(own)
}

function usersOf(told: Told): number {
  return told.kind === 'crowd' ? told.users : new Set(usersToldOf(told)).size
}

function usersToldOf(told: Told): readonly string[] {
  return told.kind === 'crowd' ? [] : entriesOf(told).map(({ user }) => user)
}

function flat(entries: readonly PresenceEntry[]): string[] {
  return entries.flatMap(({ client, user }) => [client, user])
}

function paired(words: readonly string[]): PresenceEntry[] {
  const entries: PresenceEntry[] = []
  for (let at = 0; at + 1 < words.length; at += 2) {
    entries.push({ client: words[at] ?? '', user: words[at + 1] ?? '' })
  }
  return entries
}

function read<T>(schema: z.ZodType<T>, bytes: Buffer | undefined): T | undefined {
  if (bytes === undefined) return undefined
  try {
    return schema.safeParse(unpack(bytes)).data
  } catch {
    return undefined
  }
}
