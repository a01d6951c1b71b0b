// How far members have come in a conversation: for everybody in it, and of each device for the notifier.
import type { Caller } from '../../ports/desk.ts'
import type { DeviceMarkBoard } from '../../ports/device-mark-board.ts'
import type { MethodHandlers, MethodResult } from '../method.ts'
import { type ChatCommandOptions, command } from './commands.ts'

export interface MarkRoutesOptions extends ChatCommandOptions {
  readonly deviceMarks: DeviceMarkBoard
}

type MarkMethod = 'chat.delivered' | 'chat.read'

export function markRoutes(options: MarkRoutesOptions): MethodHandlers<MarkMethod> {
  return {
    'chat.delivered': async (caller, { conversationId, upToSeq }) =>
      await mark(options, caller, 'chat.delivered', conversationId, { delivered: upToSeq }),
    'chat.read': async (caller, { conversationId, upToSeq }) =>
      await mark(options, caller, 'chat.read', conversationId, { read: upToSeq }),
  }
}

async function mark(
  options: MarkRoutesOptions,
  caller: Caller,
  method: MarkMethod,
  conversationId: string,
  marks: { readonly delivered: number } | { readonly read: number },
): Promise<MethodResult> {
  const order = { type: 'mark', ...marks } as const
  const result = await command(options, caller, method, { conversationId }, 'free', order)
  const isTaken = result.kind === 'outcome' && result.outcome.outcome === 'accepted'
  const { identity } = caller
  if (isTaken && identity?.deviceId !== undefined) {
    const { userId, deviceId } = identity
    // Not the mark that the answer tells: another device of the user may be ahead of this one.
    const seq = 'read' in marks ? marks.read : marks.delivered
    options.deviceMarks.note({ userId, deviceId, conversationId, seq })
  }
  return result
}
