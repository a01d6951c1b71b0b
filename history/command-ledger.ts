// What clients asked and were told, against what is stored: one id, one outcome, and what was
// acknowledged is there. Knows neither lots nor chat; `stream` is the lot or the conversation.
import type { Findings } from './violation.ts'

export interface CommandKey {
  readonly stream: string
  readonly actorId: string
  readonly commandId: string
}

/** What one attempt brought its client. */
export type Heard =
  /** A decision that is to be found stored: the digest of what was told, and how it reads. */
  | { readonly type: 'decided'; readonly digest: number; readonly reads: string }
  /** Nothing was decided by this attempt; another one may be. */
  | { readonly type: 'undecided' }
  /** As before, and no further attempt is to be expected. */
  | { readonly type: 'turned_away' }
  /** No answer, or "nobody knows". */
  | { readonly type: 'in_doubt' }

export interface Attempt extends CommandKey {
  /** Of what was asked, where that is compared; attempts under one id may differ on purpose. */
  readonly asked: number | undefined
  readonly sentAtMs: number
  /** When the answer came; whatever number, where none came. */
  readonly answeredAtMs: number
  readonly heard: Heard
}

/** A decision as it is stored. */
export interface Kept extends CommandKey {
  readonly asked: number | undefined
  /** What a client may have been told of it. */
  readonly digests: readonly number[]
  /** Its number in its stream; undefined where it has none yet. */
  readonly no: number | undefined
}

interface Known {
  readonly key: CommandKey
  readonly asked: number | undefined
  readonly sentAtMs: number
  isMixed: boolean
  answeredAtMs: number
  digest: number | undefined
  reads: string
  isInDoubt: boolean
  isTurnedAway: boolean
  isKept: boolean
}

export interface CommandLedgerOptions {
  /** Whether every client's history is here, so that a decision which nobody asked for is none of theirs. */
  readonly allClients: boolean
}

export class CommandLedger {
  readonly #findings: Findings
  readonly #options: CommandLedgerOptions
  readonly #known = new Map<string, Known>()
  /** Stored and not asked for by anybody here. */
  readonly #strangers = new Set<string>()
  /** Per stream, the newest moment at which something that is stored so far was first sent. */
  readonly #newestSent = new Map<string, Known>()

  constructor(findings: Findings, options: CommandLedgerOptions) {
    this.#findings = findings
    this.#options = options
  }

  attempted(attempt: Attempt): void {
    const known = this.#knownOf(attempt)
    if (known.asked !== attempt.asked) known.isMixed = true
    const { heard } = attempt
    switch (heard.type) {
      case 'decided':
        this.#hear(known, heard, attempt.answeredAtMs)
        return
      case 'turned_away':
        known.isTurnedAway = true
        return
      case 'in_doubt':
        known.isInDoubt = true
        return
      case 'undecided':
        return
    }
  }

  /** To be called in the order of `no`, when all attempts are told. */
  kept(kept: Kept): void {
    const text = textOf(kept)
    const known = this.#known.get(text)
    if (known === undefined) this.#keptForNobody(text, kept)
    else this.#compare(known, kept)
  }

  /** To be called last. */
  finish(): void {
    for (const { key, digest, reads, isKept, isInDoubt, isTurnedAway } of this.#known.values()) {
      if (digest !== undefined) {
        if (!isKept) this.#say('acknowledged_missing', key, `It was told ${reads}.`)
      } else if (isInDoubt && !isTurnedAway) {
        this.#say('unresolved', key, 'Its last word was that nobody knows.')
      }
    }
  }

  #hear(known: Known, { digest, reads }: Heard & { type: 'decided' }, atMs: number): void {
    if (known.digest !== undefined && known.digest !== digest) {
      this.#say('two_outcomes', known.key, `First it was told ${known.reads}, then ${reads}.`)
      return
    }
    known.digest = digest
    known.reads = reads
    known.answeredAtMs = Math.min(known.answeredAtMs, atMs)
  }

  #compare(known: Known, kept: Kept): void {
    const { key, digest, reads } = known
    const what = { ...key, no: kept.no }
    if (known.isKept) this.#say('decided_twice', what, `The second time as number ${kept.no}.`)
    known.isKept = true
    if (digest !== undefined && !kept.digests.includes(digest)) {
      const detail = `It was told ${reads}, which number ${kept.no} does not say.`
      this.#say('acknowledged_otherwise', what, detail)
    }
    if (digest === undefined && !known.isInDoubt) {
      this.#say('refused_but_decided', what, `It is stored as number ${kept.no}.`)
    }
    const isCompared = !known.isMixed && known.asked !== undefined && kept.asked !== undefined
    if (isCompared && known.asked !== kept.asked) {
      this.#say('not_asked', what, `Number ${kept.no} decides other contents than were sent.`)
    }
    if (kept.no !== undefined) this.#compareOrder(known, kept.no)
  }

  /** What is stored later was answered no sooner than anything stored before it was sent. */
  #compareOrder(known: Known, no: number): void {
    const newest = this.#newestSent.get(known.key.stream)
    if (newest !== undefined && known.answeredAtMs < newest.sentAtMs) {
      const detail = `Number ${no} was answered at ${known.answeredAtMs}, before ${newest.key.commandId} was sent at ${newest.sentAtMs}.`
      this.#say('order_reversed', { ...known.key, no }, detail)
    }
    if (newest === undefined || known.sentAtMs > newest.sentAtMs) {
      this.#newestSent.set(known.key.stream, known)
    }
  }

  #keptForNobody(text: string, kept: Kept): void {
    const { digests: _digests, asked: _asked, ...what } = kept
    if (this.#strangers.has(text)) this.#say('decided_twice', what, `Again as number ${kept.no}.`)
    else if (this.#options.allClients) {
      this.#say('not_asked', what, `Number ${kept.no} is of an id that no client sent.`)
    }
    this.#strangers.add(text)
  }

  #knownOf(attempt: Attempt): Known {
    const text = textOf(attempt)
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const { stream, actorId, commandId, asked, sentAtMs } = attempt
    const fresh: Known = {
      key: { stream, actorId, commandId },
      asked,
      sentAtMs,
      isMixed: false,
      answeredAtMs: Number.POSITIVE_INFINITY,
      digest: undefined,
      reads: '',
      isInDoubt: false,
      isTurnedAway: false,
      isKept: false,
    }
    this.#known.set(text, fresh)
    return fresh
  }

  #say(
    rule: Parameters<Findings['add']>[0],
    what: CommandKey & { readonly no?: number | undefined },
    detail: string,
  ): void {
    const { stream, actorId, commandId, no } = what
    const evidence = { stream, actorId, commandId, ...(no === undefined ? {} : { no }) }
    this.#findings.add(rule, `${actorId}’s ${commandId} on ${stream}: ${detail}`, evidence)
  }
}

/** Ids of users and commands hold no white space. */
function textOf({ stream, actorId, commandId }: CommandKey): string {
  return `${stream} ${actorId} ${commandId}`
}
