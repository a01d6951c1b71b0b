// What a command says, apart from who says it and under which id: two commands with the same id must
// have the same fingerprint. It is kept for ever, so it is a hash: nothing that was said lives on in it.
import type { ClientCommand, CommandOf } from './decision.ts'

/** A command whose id is remembered. */
export type RepeatableCommand = Extract<ClientCommand, { clientMessageId: string }>

export function isRepeatable(command: ClientCommand): command is RepeatableCommand {
  return 'clientMessageId' in command
}

/** 28 characters; the same in every process, for ever. */
export function fingerprintOf(command: RepeatableCommand): string {
  return hash128(JSON.stringify(contentsOf(command)))
}

function contentsOf(command: RepeatableCommand): readonly unknown[] {
  switch (command.type) {
    case 'send_message':
      return sendContents(command)
    case 'counter_offer': {
      const { amount, currency, expiresAt } = command.offer
      return [command.type, command.offerId, amount, currency, expiresAt]
    }
    case 'accept_offer':
    case 'decline_offer':
    case 'withdraw_offer':
      return [command.type, command.offerId]
  }
}

function sendContents({ content }: CommandOf<'send_message'>): readonly unknown[] {
  const { kind, text, attachmentId, replyTo, offer, system } = content
  const offered = offer === undefined ? null : [offer.amount, offer.currency, offer.expiresAt]
  const told = system === undefined ? null : [system.event, sorted(system.data ?? {})]
  return ['send_message', kind, text ?? '', attachmentId ?? '', replyTo ?? '', offered, told]
}

/** Makes the text independent of the order in which another process wrote the fields. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, held]) => [name, sorted(held)])
}

/**
 * Four lanes of 32 bits, each mixed by its own odd factor (the mixing of MurmurHash3). Not a lock: who
 * finds two texts alike only gets its own first answer where it should hear `idempotency_mismatch`.
 */
function hash128(text: string): string {
  let a = 0x9e3779b9
  let b = 0x243f6a88
  let c = 0xb7e15162
  let d = 0xdeadbeef
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    a = b ^ Math.imul(a ^ unit, 0x85ebca6b)
    b = c ^ Math.imul(b ^ unit, 0xc2b2ae35)
    c = d ^ Math.imul(c ^ unit, 0x27d4eb2f)
    d = a ^ Math.imul(d ^ unit, 0x165667b1)
  }
  return [a, b, c, d]
    .map((lane) =>
      avalanche(lane ^ text.length)
        .toString(36)
        .padStart(7, '0'),
    )
    .join('')
}

function avalanche(lane: number): number {
  let mixed = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
