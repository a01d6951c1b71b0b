// From a decoded object to a checked command, whatever the encoding was.
import { commandsPerFrameMax, FrameError, subscribesPerFrameMax } from './codec.ts'
import { describeFaults, faultsOf } from './faults.ts'
import { type ClientMessage, COMMAND_PARAMS, type CommandName } from './frames.ts'

const names = Object.keys(COMMAND_PARAMS) as CommandName[]

/**
 * Checks the objects of one frame.
 * @throws FrameError where an entry is not a command at all, or there are too many of them.
 */
export function checkCommands(values: readonly unknown[]): ClientMessage[] {
  bound('commands', values.length, commandsPerFrameMax + subscribesPerFrameMax)
  const messages = values.map(checkCommand)
  if (messages.length <= commandsPerFrameMax) return messages
  const subscribes = messages.filter(({ name }) => name === 'subscribe').length
  bound('subscriptions', subscribes, subscribesPerFrameMax)
  bound('other commands', messages.length - subscribes, commandsPerFrameMax)
  return messages
}

function bound(what: string, count: number, max: number): void {
  if (count > max) throw new FrameError(`a frame may hold ${max} ${what}, this one has ${count}`)
}

function checkCommand(value: unknown): ClientMessage {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FrameError('a command is an object')
  }
  const object = value as Record<string, unknown>
  const name = names.find((candidate) => Object.hasOwn(object, candidate))
  if (name === undefined) {
    if (Object.keys(object).length === 0) return { name: 'pong' }
    throw new FrameError('a command has one of the fields ' + names.join(', '))
  }
  const id = object['id'] ?? 0
  if (
    typeof id !== 'number' ||
    !Number.isSafeInteger(id) ||
    id < 0 ||
    (id === 0 && name !== 'send')
  ) {
    throw new FrameError('id: expected a whole number above 0')
  }
  const checked = COMMAND_PARAMS[name].safeParse(object[name] ?? {})
  if (!checked.success) {
    return { name: 'invalid', id, detail: describeFaults(faultsOf(checked.error, name)) }
  }
  return { id, name, params: checked.data } as ClientMessage
}
