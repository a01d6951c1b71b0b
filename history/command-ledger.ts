// What clients asked and were told, against what is stored: one id, one outcome, and what was
// acknowledged is there. Knows neither lots nor chat; `stream` is the lot or the conversation.
import type { Findings, Rule } from './violation.ts'

export interface CommandKey {
  readonly stream: string
  readonly actorId: string
  readonly commandId: string
}

/** A decision that is to be found stored. */
interface Decided {
  readonly type: 'decided'
  /** Of what was told. */
  readonly digest: number
  readonly code: string
  readonly seq: number | undefined
  /** It was said to be the first answer again. */
  readonly isRepeat: boolean
}

/** What one attempt brought its client. */
export type Heard =
  | Decided
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
  readonly asked: number | undefined
  readonly sentAtMs: number
  isMixed: boolean
  answeredAtMs: number
  digest: number | undefined
  code: string
  seq: number | undefined
  /** What its attempts heard, apart from the decision. */
  isInDoubt: boolean
  isUndecided: boolean
  isTurnedAway: boolean
  /** Somebody heard the decision, and not as a repeat. */
  isFirstHeard: boolean
  isKept: boolean
}

export interface CommandLedgerOptions {
  /** Whether every client's history is here, so that a decision which nobody asked for is none of theirs. */
  readonly allClients: boolean
  /** People whose commands are not told here all the same. */
  readonly others?: readonly string[]
}

/** The commands of one stream by actor and id. Their keys are all that is kept of them as text. */
interface Stream {
  readonly known: Map<string, Known>
  /** Stored and not asked for by anybody here. */
  readonly strangers: Set<string>
  /** Of all that is stored so far, what was first sent last. */
  newest: { readonly who: string; readonly sentAtMs: number } | undefined
}

export class CommandLedger {
  readonly #findings: Findings
  readonly #options: CommandLedgerOptions
  readonly #streams = new Map<string, Stream>()

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
        this.#hear(known, heard, attempt)
        return
      case 'turned_away':
        known.isTurnedAway = true
        return
      case 'in_doubt':
        known.isInDoubt = true
        return
      case 'undecided':
        known.isUndecided = true
        return
    }
  }

  /** To be called in the order of `no`, when all attempts are told. */
  kept(kept: Kept): void {
    const known = this.#streamOf(kept.stream).known.get(whoOf(kept))
    if (known === undefined) this.#keptForNobody(kept)
    else this.#compare(known, kept)
  }

  /** To be called last. */
  finish(): void {
    for (const [stream, { known: all }] of this.#streams) {
      for (const [who, known] of all) {
        const [actorId = '', commandId = ''] = who.split(' ')
        const key = { stream, actorId, commandId }
        if (known.digest !== undefined) {
          this.#finishDecided(key, known)
        } else if (known.isInDoubt && !known.isTurnedAway) {
          this.#say('unresolved', key, 'Its last word was that nobody knows.')
        }
      }
    }
  }

  #finishDecided(key: CommandKey, known: Known): void {
    const reads = readsAs(known)
    if (!known.isKept) this.#say('acknowledged_missing', key, `It was told ${reads}.`)
    // All who asked before were told that nothing was decided, yet somebody heard a repeat.
    if (known.isUndecided && !known.isFirstHeard && !known.isInDoubt) {
      this.#say('refused_but_decided', key, `It was told ${reads} as a repeat.`)
    }
  }

  #hear(known: Known, heard: Decided, attempt: Attempt): void {
    if (known.digest !== undefined && known.digest !== heard.digest) {
      const detail = `First it was told ${readsAs(known)}, then ${readsAs(heard)}.`
      this.#say('two_outcomes', attempt, detail)
      return
    }
    known.isFirstHeard ||= !heard.isRepeat
    known.digest = heard.digest
    known.code = heard.code
    known.seq = heard.seq
    known.answeredAtMs = Math.min(known.answeredAtMs, attempt.answeredAtMs)
  }

  #compare(known: Known, kept: Kept): void {
    const { digest } = known
    if (known.isKept) this.#say('decided_twice', kept, `The second time as number ${kept.no}.`)
    known.isKept = true
    if (digest !== undefined && !kept.digests.includes(digest)) {
      const detail = `It was told ${readsAs(known)}, which number ${kept.no} does not say.`
      this.#say('acknowledged_otherwise', kept, detail)
    }
    if (digest === undefined && !known.isInDoubt) {
      this.#say('refused_but_decided', kept, `It is stored as number ${kept.no}.`)
    }
    const isCompared = !known.isMixed && known.asked !== undefined && kept.asked !== undefined
    if (isCompared && known.asked !== kept.asked) {
      this.#say('not_asked', kept, `Number ${kept.no} decides other contents than were sent.`)
    }
    if (kept.no !== undefined) this.#compareOrder(known, kept)
  }

  /** What is stored later was answered no sooner than anything stored before it was sent. */
  #compareOrder({ answeredAtMs, sentAtMs }: Known, kept: Kept): void {
    const stream = this.#streamOf(kept.stream)
    const { newest } = stream
    if (newest !== undefined && answeredAtMs < newest.sentAtMs) {
      const detail = `Number ${kept.no} was answered at ${answeredAtMs}, before that of ${newest.who} was sent at ${newest.sentAtMs}.`
      this.#say('order_reversed', kept, detail)
    }
    if (newest === undefined || sentAtMs > newest.sentAtMs) {
      stream.newest = { who: whoOf(kept), sentAtMs }
    }
  }

  #keptForNobody(kept: Kept): void {
    const { strangers } = this.#streamOf(kept.stream)
    const who = whoOf(kept)
    if (strangers.has(who)) this.#say('decided_twice', kept, `Again as number ${kept.no}.`)
    else if (this.#options.allClients && this.#options.others?.includes(kept.actorId) !== true) {
      this.#say('not_asked', kept, `Number ${kept.no} is of an id that no client sent.`)
    }
    strangers.add(who)
  }

  #streamOf(name: string): Stream {
    const known = this.#streams.get(name)
    if (known !== undefined) return known
    const stream: Stream = { known: new Map(), strangers: new Set(), newest: undefined }
    this.#streams.set(name, stream)
    return stream
  }

  #knownOf(attempt: Attempt): Known {
    const { known: all } = this.#streamOf(attempt.stream)
    const who = whoOf(attempt)
    const known = all.get(who)
    if (known !== undefined) return known
    const fresh: Known = {
      asked: attempt.asked,
      sentAtMs: attempt.sentAtMs,
      isMixed: false,
      answeredAtMs: Number.POSITIVE_INFINITY,
      digest: undefined,
      code: '',
      seq: undefined,
      isInDoubt: false,
      isUndecided: false,
      isTurnedAway: false,
      isFirstHeard: false,
      isKept: false,
    }
    all.set(who, fresh)
    return fresh
  }

  #say(
    rule: Rule,
    { stream, actorId, commandId, no }: CommandKey & { readonly no?: number | undefined },
    detail: string,
  ): void {
    const evidence = { stream, actorId, commandId, ...(no === undefined ? {} : { no }) }
    this.#findings.add(rule, `${actorId}’s ${commandId} on ${stream}: ${detail}`, evidence)
  }
}

/** Ids of users and commands hold no white space. */
function whoOf({ actorId, commandId }: CommandKey): string {
  return `${actorId} ${commandId}`
}

function readsAs({ code, seq }: Pick<Decided, 'code' | 'seq'>): string {
  return seq === undefined ? code : `${code} at seq ${seq}`
}
