// What came from NATS and waits for its turn. Handlers never run inside the reading of the socket: a
// turn of their own keeps the order, and lets everything that came in one read be taken as one batch.

/** Something that waits for its turn. It does not throw. */
export interface Delivery {
  deliver(): void
}

export class NatsArrivals {
  #waiting: Delivery[] = []

  get size(): number {
    return this.#waiting.length
  }

  add(delivery: Delivery): void {
    if (this.#waiting.push(delivery) === 1) setImmediate(runTurn, this)
  }

  /** Delivers what waits now; what comes meanwhile has its own turn. */
  turn(): void {
    const due = this.#waiting
    this.#waiting = []
    for (const delivery of due) delivery.deliver()
  }
}

function runTurn(arrivals: NatsArrivals): void {
  arrivals.turn()
}
