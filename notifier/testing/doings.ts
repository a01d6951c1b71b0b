// What workers did, where a test can see it.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import type { Task } from '../ports/job-queue.ts'

export interface Doing {
  readonly name: string
  readonly worker: string
  readonly ended: boolean
}

export async function makeDoings(pool: Pool): Promise<void> {
  await pool.query(`CREATE TABLE doings (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL, worker text NOT NULL, ended boolean NOT NULL DEFAULT false)`)
}

/** A task that takes `workMs`; its payload is a name. */
export function doing(pool: Pool, worker: string, workMs: number): Task {
  return async (name) => {
    const { rows } = await pool.query<{ id: number }>(
      'INSERT INTO doings (name, worker) VALUES ($1, $2) RETURNING id',
      [name, worker],
    )
    await sleep(workMs)
    await pool.query('UPDATE doings SET ended = true WHERE id = $1', [rows[0]?.id])
    return { type: 'done' }
  }
}

export async function doings(pool: Pool): Promise<Doing[]> {
  const { rows } = await pool.query<Doing>('SELECT name, worker, ended FROM doings ORDER BY id')
  return rows
}
