// A server that a test plays: it lets everybody in, and answers each command as the test says.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'

export interface PlayedCommand {
  readonly name: string
  readonly params: unknown
}

/** What is answered: the reply's fields, or nothing, and the connection is lost. */
export type Play = (command: PlayedCommand) => object | 'lost'

export interface PlayedServer {
  readonly url: string
  /** All that was asked, `connect` left out. */
  readonly asked: readonly PlayedCommand[]
  /** Sends to everybody who is connected. */
  push(push: object): void
  /** How `connect` is answered from now on. */
  greetBy(reply: object): void
  /** From now on nothing is answered, but that devices are let in. */
  stall(): void
  /** From now on nobody is let in. */
  stallGreetings(): void
  /** How many wait to be let in. */
  readonly greetingsHeld: number
  /** All that waits is answered, and whatever comes at once. */
  goOn(): void
  /** Everybody's connection is lost. */
  drop(): void
  stop(): Promise<void>
}

export async function playServer(play: Play): Promise<PlayedServer> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  const asked: PlayedCommand[] = []
  let greeting: object = { connect: { client: 'c1', version: '1', ping: 25, subs: {} } }
  /** The answers that are kept back, while they are. */
  let held: (() => void)[] | undefined
  let heldGreetings: (() => void)[] | undefined
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      for (const line of data.toString().split('\n')) answer(socket, JSON.parse(line))
    })
  })
  function answer(socket: WebSocket, { id, ...rest }: { readonly id: number }): void {
    const [[name, params] = ['', undefined]] = Object.entries(rest)
    if (name === 'connect') {
      const greet = () => socket.send(JSON.stringify({ id, ...greeting }))
      if (heldGreetings === undefined) greet()
      else heldGreetings.push(greet)
      return
    }
    asked.push({ name, params })
    const reply = play({ name, params })
    const send = () => {
      if (reply === 'lost') socket.terminate()
      else socket.send(JSON.stringify({ id, ...reply }))
    }
    if (held === undefined) send()
    else held.push(send)
  }
  const drop = () => {
    for (const socket of server.clients) socket.terminate()
  }
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    push: (push) => {
      for (const socket of server.clients) socket.send(JSON.stringify({ push }))
    },
    greetBy: (reply) => {
      greeting = reply
    },
    stall: () => {
      held = []
    },
    stallGreetings: () => {
      heldGreetings = []
    },
    get greetingsHeld() {
      return heldGreetings?.length ?? 0
    },
    goOn: () => {
      const late = [...(heldGreetings ?? []), ...(held ?? [])]
      heldGreetings = undefined
      held = undefined
      for (const send of late) send()
    },
    drop,
    stop: async () => {
      drop()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
