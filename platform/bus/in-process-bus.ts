// The bus within one process. It keeps the promises of a bus between processes, so that what works on
// it works in a cluster: nobody is called from inside `publish` or `request`, what is asked of nobody
// fails at once, and a failing receiver harms no other.
//
// Messages wait for the next `setImmediate`. A microtask would be sooner, but would run inside the
// socket callback that published, and two parties answering each other would keep sockets and timers
// waiting for ever. With immediates all commands read in one turn arrive together, which is what lets
// the lot worker take them as one batch; what is published meanwhile waits for the turn after.
import type { Clock } from '../clock.ts'
import { systemClock } from '../system-clock.ts'
import type { Bus, BusMessage, ServeOptions, Unlisten } from './bus.ts'
import { Deadlines } from './deadlines.ts'
import { type Carrier, nobodyServes, Request, type Server } from './in-process-request.ts'
import { plainCopy } from './plain-copy.ts'
import { assertSubject } from './subject-pattern.ts'
import { SubjectTable } from './subject-table.ts'

export interface InProcessBusOptions {
  /**
   * Passes every message through the encoding of the cluster, frozen, and throws at whoever sends what
   * is no plain data. For tests: it finds what by-reference delivery hides. Default: false.
   */
  readonly copy?: boolean
  /**
   * Told what a listener threw, or a server whose asker had given up waiting. Default: the process's
   * own handling of uncaught exceptions.
   */
  readonly onError?: (error: unknown, subject: string) => void
  readonly clock?: Clock
}

type Report = (error: unknown, subject: string) => void

interface Listener {
  readonly handler: (message: BusMessage, subject: string) => void
  active: boolean
}

/** Something that waits for its turn. It does not throw. */
interface Delivery {
  deliver(): void
}

export function createInProcessBus(options: InProcessBusOptions = {}): Bus {
  return new InProcessBus(options)
}

class InProcessBus implements Bus, Carrier {
  readonly isLocal = true
  readonly report: Report
  readonly #copy: boolean
  readonly #deadlines: Deadlines
  readonly #listeners = new SubjectTable<Listener>()
  readonly #servers = new SubjectTable<Server>()
  #waiting: Delivery[] = []
  /** Counts who was asked, so that the servers of a subject take turns. */
  #asked = 0

  constructor({ copy, onError, clock }: InProcessBusOptions) {
    this.report = onError === undefined ? throwOutside : guarded(onError)
    this.#copy = copy ?? false
    this.#deadlines = new Deadlines(clock ?? systemClock)
  }

  publish(subject: string, message: BusMessage): boolean {
    const passed = this.passed(subject, message)
    const listeners = this.#listeners.exact(subject)
    if (listeners.length > 0) {
      this.#enqueue(new Publication(listeners, subject, passed, this.report))
    }
    for (const more of this.#listeners.patterns(subject)) {
      this.#enqueue(new Publication(more, subject, passed, this.report))
    }
    return true
  }

  async listen(
    subject: string,
    handler: (message: BusMessage, subject: string) => void,
  ): Promise<Unlisten> {
    return enrolled(this.#listeners, subject, { handler, active: true })
  }

  async request(subject: string, message: BusMessage, timeoutMs: number): Promise<BusMessage> {
    const passed = this.passed(subject, message)
    if (this.#serversOf(subject).length === 0) throw nobodyServes(subject)
    const request = new Request(subject, passed, timeoutMs, this)
    this.#deadlines.add(request)
    this.#enqueue(request)
    return request.reply
  }

  /** Any server of a subject may be asked, whichever queue it is of: a request has one answer. */
  async serve(
    subject: string,
    handler: (message: BusMessage) => Promise<BusMessage>,
    { everyone = false }: ServeOptions = {},
  ): Promise<Unlisten> {
    return enrolled(this.#servers, subject, { handler, everyone, active: true })
  }

  passed(subject: string, message: BusMessage): BusMessage {
    if (!this.#copy) return message
    assertSubject(subject)
    return plainCopy(message)
  }

  serversFor(subject: string): readonly Server[] {
    const servers = this.#serversOf(subject)
    if (servers.length < 2 || servers[0]?.everyone === true) return servers
    this.#asked += 1
    const at = this.#asked % servers.length
    return servers.slice(at, at + 1)
  }

  settled(request: Request): void {
    this.#deadlines.remove(request)
  }

  #serversOf(subject: string): readonly Server[] {
    const exact = this.#servers.exact(subject)
    return exact.length > 0 ? exact : this.#servers.patterns(subject).flat()
  }

  #enqueue(delivery: Delivery): void {
    if (this.#waiting.push(delivery) === 1) setImmediate(runTurn, this)
  }

  /** Delivers what waits now; what that sets off has its own turn, after sockets and timers had theirs. */
  turn(): void {
    const due = this.#waiting
    this.#waiting = []
    for (const delivery of due) delivery.deliver()
  }
}

function runTurn(bus: InProcessBus): void {
  bus.turn()
}

/** One message on its way to those who listened when it was published. */
class Publication implements Delivery {
  readonly #listeners: readonly Listener[]
  readonly #subject: string
  readonly #message: BusMessage
  readonly #report: Report

  constructor(
    listeners: readonly Listener[],
    subject: string,
    message: BusMessage,
    report: Report,
  ) {
    this.#listeners = listeners
    this.#subject = subject
    this.#message = message
    this.#report = report
  }

  deliver(): void {
    for (const listener of this.#listeners) {
      if (!listener.active) continue
      try {
        listener.handler(this.#message, this.#subject)
      } catch (error) {
        this.#report(error, this.#subject)
      }
    }
  }
}

function enrolled<T extends { active: boolean }>(
  table: SubjectTable<T>,
  subject: string,
  entry: T,
): Unlisten {
  table.add(subject, entry)
  return () => {
    if (!entry.active) return
    entry.active = false
    table.remove(subject, entry)
  }
}

/** A report that throws is a fault too, and must not cost the others of the turn their messages. */
function guarded(report: Report): Report {
  return (error, subject) => {
    try {
      report(error, subject)
    } catch (fault) {
      throwOutside(fault)
    }
  }
}

function throwOutside(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
