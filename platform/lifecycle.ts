// The life of every part of a process: start → ready → drain → stop.
/** Something that starts and stops. Parts start in the order given, drain and stop in reverse. */
export interface Part {
  readonly name: string
  /** Resolves when the part is ready to work. */
  start(): Promise<void>
  /** Stops taking new work and finishes what was begun; gives up when `signal` aborts. */
  drain(signal: AbortSignal): Promise<void>
  /** Lets go of everything. Called after `drain`, and also where `start` failed half-way. */
  stop(): Promise<void>
}
