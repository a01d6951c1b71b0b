// Work that is kept until it is done: enqueued in the transaction that causes it, done at least once by any
// notifier, tried again where it fails, and kept for an operator where it fails for good.

/**
 * What there is to do, and how often each is tried before it is dead. What a task expects, such as a service
 * that is away, it answers with `later`; tries are for what it does not. There are many, since a worker that
 * is killed costs one of each job that it held, begun or not.
 */
export const TASKS = {
  push: { attemptsMax: 25 },
  push_digest: { attemptsMax: 25 },
  push_badge: { attemptsMax: 25 },
} as const
export type TaskName = keyof typeof TASKS

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined }

export interface Job {
  readonly task: TaskName
  readonly payload: Json
  /**
   * At most one job with a key waits: one that is added replaces it, payload and all. One that is being done
   * is not replaced but followed.
   */
  readonly key?: string
  /** Epoch ms; absent: now. */
  readonly dueAtMs?: number
  /** Whether a job with this key that waits already keeps its own due time. */
  readonly keepsDue?: boolean
}

export interface Attempt {
  /** From 1. */
  readonly n: number
  /** So many there are, and what fails in the last is dead. */
  readonly max: number
}

/** How an attempt ended that did not throw. */
export type JobEnd =
  | { readonly type: 'done' }
  /** The same job again, with this payload where one is given, under its key; its attempts begin anew. */
  | { readonly type: 'later'; readonly dueAtMs: number; readonly payload?: Json }
  /**
   * No further attempt is of use. The job is kept with this reason until somebody requeues it, and with this
   * payload where one is given.
   */
  | { readonly type: 'dead'; readonly reason: string; readonly payload?: Json }

/**
 * Does one job. It may be asked again for a job it has done: a notifier dies between the doing and the note
 * of it. What it throws counts as a failed attempt, and is tried again ever later until the last.
 */
export type Task = (payload: unknown, attempt: Attempt) => Promise<JobEnd>

export type Tasks = Readonly<Partial<Record<TaskName, Task>>>
