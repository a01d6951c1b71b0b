// Who is connected here: all sockets, by user and by address. How many a user and an address may have is
// counted over all gateways.
import type { ConnectionCounts } from '../../platform/connections/connection-counts.ts'
import type { CloseName } from '../../protocol/close-codes.ts'
import {
  addressConnectionsKey,
  deviceConnectionsKey,
  userConnectionsKey,
} from '../../protocol/connection-keys.ts'
import type { Identity } from '../../protocol/identity.ts'
import { countOf, type Few, isList, listOf, none, withItem, withoutItem } from '../fanout/few.ts'
import { Claims } from './claims.ts'

/** A socket, as far as the roster needs to know it. */
export interface Enrolled {
  readonly address: string
  /** As it was claimed, to the end. Undefined until then, and for an anonymous watcher. */
  readonly holder: Identity | undefined
  expel(why: CloseName): void
}

export interface RosterOptions {
  readonly counts: ConnectionCounts
  /** On this gateway. */
  readonly connectionsMax: number
  /** Over all gateways. */
  readonly perUserMax: number
  readonly perAddressMax: number
}

export class Roster<Socket extends Enrolled> {
  readonly #options: RosterOptions
  /** Who is nobody's: not known yet, or an anonymous watcher. A set of all would take 34 bytes of each. */
  readonly #unknown = new Set<Socket>()
  #size = 0
  /** One connection each, nearly always. */
  readonly #byUser = new Map<string, Few<Socket>>()
  readonly #countByAddress = new Map<string, number>()
  readonly #ofUsers: Claims<Socket>
  readonly #ofAddresses: Claims<Socket>
  #emptied: (() => void) | undefined

  constructor(options: RosterOptions) {
    const { counts, perUserMax, perAddressMax } = options
    this.#options = options
    this.#ofUsers = new Claims(counts, perUserMax)
    this.#ofAddresses = new Claims(counts, perAddressMax)
  }

  get size(): number {
    return this.#size
  }

  *[Symbol.iterator](): Iterator<Socket> {
    yield* this.#unknown
    for (const those of this.#byUser.values()) {
      if (isList(those)) yield* those
      else yield those
    }
  }

  get isFull(): boolean {
    return this.#size >= this.#options.connectionsMax
  }

  /** Whether the address has too many here, which is known without asking anybody. */
  isFullFor(address: string): boolean {
    return (this.#countByAddress.get(address) ?? 0) >= this.#options.perAddressMax
  }

  /** A socket whose address turns out to have too many over all gateways is expelled. */
  add(socket: Socket): void {
    this.#unknown.add(socket)
    this.#size += 1
    const { address } = socket
    this.#countByAddress.set(address, (this.#countByAddress.get(address) ?? 0) + 1)
    const claimed = this.#ofAddresses.claim(addressConnectionsKey(address), socket)
    if (claimed !== true) void this.#expelUnless(claimed, socket)
  }

  async #expelUnless(claimed: boolean | Promise<boolean>, socket: Socket): Promise<void> {
    if (!(await claimed)) socket.expel('connection_limit')
  }

  /**
   * The connection turned out to be its holder's; false where that user has too many already. From now on
   * it is among those of the user, whatever comes of the claim. A promise only where others have to be asked.
   */
  claim({ userId, deviceId }: Identity, socket: Socket): boolean | Promise<boolean> {
    this.#unknown.delete(socket)
    this.#byUser.set(userId, withItem(this.#byUser.get(userId) ?? none, socket))
    if (deviceId !== undefined) this.#options.counts.add(deviceConnectionsKey(userId, deviceId))
    return this.#ofUsers.claim(userConnectionsKey(userId), socket)
  }

  of(userId: string): readonly Socket[] {
    return listOf(this.#byUser.get(userId) ?? none)
  }

  remove(socket: Socket): void {
    const { address, holder } = socket
    const wasHere =
      holder === undefined ? this.#unknown.delete(socket) : this.of(holder.userId).includes(socket)
    if (!wasHere) return
    this.#size -= 1
    this.#release(address)
    this.#ofAddresses.release(addressConnectionsKey(address), socket)
    if (holder !== undefined) this.#disown(holder, socket)
    if (this.#size === 0) this.#emptied?.()
  }

  #release(address: string): void {
    const left = (this.#countByAddress.get(address) ?? 1) - 1
    if (left > 0) this.#countByAddress.set(address, left)
    else this.#countByAddress.delete(address)
  }

  #disown({ userId, deviceId }: Identity, socket: Socket): void {
    const others = withoutItem(this.#byUser.get(userId) ?? none, socket)
    if (countOf(others) > 0) this.#byUser.set(userId, others)
    else this.#byUser.delete(userId)
    if (deviceId !== undefined) this.#options.counts.leave(deviceConnectionsKey(userId, deviceId))
    this.#ofUsers.release(userConnectionsKey(userId), socket)
  }

  /** Resolves once nobody is left. */
  whenEmpty(): Promise<void> {
    if (this.#size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#emptied = resolve
    })
  }
}
