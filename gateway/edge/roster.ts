// Who is connected here: all sockets, by user and by address.

/** A socket, as far as the roster needs to know it. */
export interface Enrolled {
  readonly address: string
  /** Undefined until it is claimed, and for an anonymous watcher. */
  readonly userId: string | undefined
}

export interface RosterLimits {
  readonly connectionsMax: number
  readonly perUserMax: number
  readonly perAddressMax: number
}

const nobody: readonly never[] = []

export class Roster<Socket extends Enrolled> {
  readonly #limits: RosterLimits
  readonly #all = new Set<Socket>()
  /** One connection each, nearly always; an array is the lightest list of one. */
  readonly #byUser = new Map<string, readonly Socket[]>()
  readonly #countByAddress = new Map<string, number>()
  #emptied: (() => void) | undefined

  constructor(limits: RosterLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#all.size
  }

  [Symbol.iterator](): Iterator<Socket> {
    return this.#all.values()
  }

  get isFull(): boolean {
    return this.#all.size >= this.#limits.connectionsMax
  }

  isFullFor(address: string): boolean {
    return (this.#countByAddress.get(address) ?? 0) >= this.#limits.perAddressMax
  }

  add(socket: Socket): void {
    this.#all.add(socket)
    const { address } = socket
    this.#countByAddress.set(address, (this.#countByAddress.get(address) ?? 0) + 1)
  }

  /** The connection turned out to be this user's; false where the user has too many already. */
  claim(userId: string, socket: Socket): boolean {
    const others = this.of(userId)
    if (others.length >= this.#limits.perUserMax) return false
    this.#byUser.set(userId, others.concat([socket]))
    return true
  }

  of(userId: string): readonly Socket[] {
    return this.#byUser.get(userId) ?? nobody
  }

  remove(socket: Socket): void {
    if (!this.#all.delete(socket)) return
    this.#release(socket.address)
    if (socket.userId !== undefined) this.#disown(socket.userId, socket)
    if (this.#all.size === 0) this.#emptied?.()
  }

  #release(address: string): void {
    const left = (this.#countByAddress.get(address) ?? 1) - 1
    if (left > 0) this.#countByAddress.set(address, left)
    else this.#countByAddress.delete(address)
  }

  #disown(userId: string, socket: Socket): void {
    const others = this.of(userId).filter((other) => other !== socket)
    if (others.length > 0) this.#byUser.set(userId, others)
    else this.#byUser.delete(userId)
  }

  /** Resolves once nobody is left. */
  whenEmpty(): Promise<void> {
    if (this.#all.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#emptied = resolve
    })
  }
}
