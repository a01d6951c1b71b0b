// What is done about a notification that may have to be pushed to a device: everything that is known of it is
// read at once, decided upon, sent, and noted.
import { deviceConnectionsKey, openConversationKey } from '../../protocol/connection-keys.ts'
import type { Notification } from '../../protocol/notifications.ts'
import { decideBadge } from '../core/push/badge.ts'
import { type Decision, decide } from '../core/push/decide.ts'
import { decideDigest, digestTag, digestWaitMs, digestWorthMs } from '../core/push/digest.ts'
import type { Presence, PushFacts, ToldNotification } from '../core/push/facts.ts'
import {
  aboutNotification,
  pushKey,
  type ShownPush,
  shownMessage,
  silentMessage,
  unshownMessage,
} from '../core/push/payload.ts'
import { collapseKeyOf, counts, tagOf, worthUntilMs } from '../core/push/policy.ts'
import { digestSayings, sayingsOf } from '../core/push/words.ts'
import type { DeviceConnections } from '../ports/device-connections.ts'
import type { JobEnd, Tasks } from '../ports/job-queue.ts'
import type { DeviceRef, PushRef } from '../ports/push-book.ts'
import type { DeviceAddress, FcmMessage } from '../ports/push-service.ts'
import type { PushWords } from '../ports/push-words.ts'
import { PushSender, type PushSenderOptions, unsent } from './push-sender.ts'
import { PushTurns } from './push-turns.ts'
import { PushesUnderWay, type PushUnderWay } from './pushes-under-way.ts'

export interface PushTasksOptions extends PushSenderOptions {
  readonly words: PushWords
  readonly connections: DeviceConnections
}

/** As the jobs carry it; what is read of it is what this version or another wrote. */
interface DeviceDue extends DeviceRef {
  /** How often it was offered to the push service. */
  readonly tries?: number
}
interface PushDue extends DeviceDue, PushRef {
  /** When it came into the feed, epoch ms. */
  readonly toldAtMs: number
  readonly conversationId?: string
  /** 1 where it was put off before. */
  readonly postponed?: number
}

const done: JobEnd = { type: 'done' }

export function createPushTasks(options: PushTasksOptions): Tasks {
  const tasks = new PushTasks(options)
  return {
    push: (payload) => tasks.push(payload as PushDue),
    push_digest: (payload) => tasks.digest(payload as DeviceDue),
    push_badge: (payload) => tasks.badge(payload as DeviceDue),
  }
}

class PushTasks {
  readonly #options: PushTasksOptions
  readonly #sender: PushSender
  readonly #turns = new PushTurns()
  readonly #underWay = new PushesUnderWay()

  constructor(options: PushTasksOptions) {
    this.#options = options
    this.#sender = new PushSender(options)
  }

  async push(due: PushDue): Promise<JobEnd> {
    const underWay = this.#underWay.enter(due)
    try {
      return await this.#decideAndSend(due, underWay)
    } finally {
      underWay.leave()
    }
  }

  async #decideAndSend(due: PushDue, underWay: PushUnderWay): Promise<JobEnd> {
    const { book, clock, metrics } = this.#options
    const [noted, presence] = await Promise.all([
      book.factsOf(due, clock.nowMs()),
      this.#presence(due, due.conversationId),
    ])
    const pushesLastHour = noted.pushesLastHour + underWay.unnoted
    const facts = { ...noted, pushesLastHour }
    const isFirst = due.postponed === undefined && due.tries === undefined
    const { told } = facts
    if (isFirst && told !== undefined) metrics.due(told.notification.type)
    const nowMs = clock.nowMs()
    const decision = decide(facts, presence, { nowMs, toldAtMs: due.toldAtMs })
    const isCounted = told !== undefined && counts(told.notification.type)
    if (decision.type === 'send' && isCounted) underWay.begin()
    return await this.#carryOut(decision, due, facts, nowMs)
  }

  async #carryOut(
    decision: Decision,
    due: PushDue,
    facts: PushFacts & { readonly address?: DeviceAddress },
    nowMs: number,
  ): Promise<JobEnd> {
    const { book, metrics } = this.#options
    const { told, address, device } = facts
    switch (decision.type) {
      case 'skip':
        metrics.skipped(decision.reason)
        return done
      case 'later':
        metrics.postponed(decision.reason)
        return { type: 'later', dueAtMs: decision.untilMs, payload: { ...due, postponed: 1 } }
      case 'digest':
        metrics.postponed('digest')
        await book.waitForDigest(due, nowMs, nowMs + digestWaitMs)
        return done
      case 'send':
        if (told === undefined || address === undefined || device === undefined) return done
        return await this.#send(due, facts, { told, address, locale: device.locale }, nowMs)
    }
  }

  async #send(
    due: PushDue,
    facts: PushFacts,
    { told, address, locale }: { told: ToldNotification; address: DeviceAddress; locale: string },
    nowMs: number,
  ): Promise<JobEnd> {
    const { notification } = told
    const tag = tagOf(notification)
    const push: ShownPush = {
      key: pushKey(told.userId, notification.seq),
      about: aboutNotification(notification),
      words: this.#options.words.say(sayingsOf(notification, facts.previews), locale),
      tag,
      collapseKey: collapseKeyOf(notification.type, facts.pushesUnheard),
      isUrgent: true,
      worthUntilMs: worthUntilMs(notification, facts.lot?.endsAtMs),
      unread: facts.unread,
      nowMs,
    }
    return await this.#turns.inTurn(due, tag, async (isOvertaken) => {
      const isShown = !isOvertaken && !facts.isOvertaken
      const message = isShown ? shownMessage(push) : unshownMessage(push)
      return await this.#offer(message, due, { notification, address }, push)
    })
  }

  async #offer(
    message: FcmMessage,
    due: PushDue,
    { notification, address }: { notification: Notification; address: DeviceAddress },
    { tag, nowMs }: ShownPush,
  ): Promise<JobEnd> {
    const { book, metrics, clock } = this.#options
    const { tries = 0 } = due
    const end = await this.#sender.send(notification.type, message, due, address, tries)
    switch (end.type) {
      case 'accepted':
        if (due.postponed === undefined) metrics.lag(clock.nowMs() - notification.at)
        await book.note(due, 'accepted', tag, nowMs)
        return done
      case 'undeliverable':
        await book.note(due, 'undeliverable', tag, nowMs)
        return done
      case 'device_gone':
        return done
      case 'too_often':
        await book.waitForDigest(due, nowMs, nowMs + digestWaitMs)
        return done
      case 'again':
      case 'of_no_use':
        return unsent(end, { ...due }, tries)
    }
  }

  async digest(due: DeviceDue): Promise<JobEnd> {
    const { book, clock } = this.#options
    const facts = await book.digestOf(due)
    const nowMs = clock.nowMs()
    const decision = decideDigest(facts, nowMs)
    const { address, device } = facts
    if (decision.type === 'later') return { type: 'later', dueAtMs: decision.untilMs }
    // What begins to wait from now on is for the next.
    const seqs = facts.waiting.map(({ seq }) => seq)
    if (decision.type === 'skip' || address === undefined || device === undefined) {
      await book.endDigest(due, seqs)
      return done
    }
    const { lastSeq, count, messages, others } = decision
    const push: ShownPush = {
      key: `${pushKey(due.userId, lastSeq)}:digest`,
      about: { type: 'digest', seq: lastSeq, count },
      words: this.#options.words.say(digestSayings({ messages, others }), device.locale),
      tag: digestTag,
      collapseKey: 'digest',
      isUrgent: false,
      worthUntilMs: nowMs + digestWorthMs,
      unread: facts.unread,
      nowMs,
    }
    const { tries = 0 } = due
    const end = await this.#sender.send('digest', shownMessage(push), due, address, tries)
    switch (end.type) {
      case 'accepted':
      case 'undeliverable':
      case 'device_gone':
        await book.endDigest(due, seqs, digestTag)
        return done
      case 'too_often':
        return { type: 'later', dueAtMs: nowMs + digestWaitMs }
      case 'again':
      case 'of_no_use':
        return unsent(end, { ...due }, tries)
    }
  }

  async badge(due: DeviceDue): Promise<JobEnd> {
    const { book, clock } = this.#options
    const [facts, presence] = await Promise.all([book.badgeOf(due), this.#presence(due)])
    const decision = decideBadge(facts, presence)
    const { address } = facts
    if (decision.type === 'skip' || address === undefined) return done
    if (decision.type === 'note') {
      await book.noteCleared(due, decision.seqs)
      return done
    }
    const { clears, seqs, isMoreLeft } = decision
    const nowMs = clock.nowMs()
    const key = `${pushKey(due.userId, seqs.at(-1) ?? 0)}:sync`
    const message = silentMessage({ key, clears, unread: facts.unread, nowMs })
    const { tries = 0 } = due
    const end = await this.#sender.send('sync', message, due, address, tries)
    switch (end.type) {
      case 'accepted':
      case 'undeliverable':
        await book.noteCleared(due, seqs)
        return isMoreLeft ? { type: 'later', dueAtMs: nowMs } : done
      case 'device_gone':
      case 'too_often':
        return done
      case 'again':
      case 'of_no_use':
        return unsent(end, { ...due }, tries)
    }
  }

  /** Undefined where the gateways cannot be asked. */
  async #presence(
    { userId, deviceId }: DeviceRef,
    conversationId?: string,
  ): Promise<Presence | undefined> {
    const keys = [
      deviceConnectionsKey(userId, deviceId),
      ...(conversationId === undefined
        ? []
        : [openConversationKey(userId, deviceId, conversationId)]),
    ]
    try {
      const [connected = 0, open = 0] = await this.#options.connections.held(keys)
      return { isConnected: connected > 0, hasOpen: open > 0 }
    } catch {
      return undefined
    }
  }
}
