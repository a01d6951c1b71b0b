// What `npm start` says to a person: where it listens, a token, something to try, and that it drains.
import { resolve } from 'node:path'
import type { OutcryConfig } from './config.ts'
import type { Outcry } from './outcry.ts'
import type { Part } from './platform/lifecycle.ts'

export interface TerminalOptions {
  readonly config: OutcryConfig
  readonly outcry: Outcry
  readonly output: NodeJS.WritableStream
}

const hourMs = 3_600_000

/** The last part to start and the first to drain. */
export function createTerminal({ config, outcry, output }: TerminalOptions): Part {
  const say = (text: string) => output.write(`${text}\n`)
  return {
    name: 'terminal',
    async start() {
      const scheme = config.gateway.tls === undefined ? 'http' : 'https'
      const url = `${scheme}://localhost:${outcry.port}`
      say(welcome(url, config, outcry))
      if (config.gateway.devTokens && scheme === 'http') say(invitation(url, await devToken(url)))
      say('Ctrl-C drains and stops.')
    },
    async drain() {
      say('\nDraining. Ctrl-C again leaves at once.')
    },
    async stop() {},
  }
}

function welcome(url: string, { databaseUrl, dataFolder }: OutcryConfig, outcry: Outcry): string {
  const data = databaseUrl === undefined ? resolve(dataFolder) : 'in the database of DATABASE_URL'
  return `
Outcry is ready.
  HTTP        ${url}
  WebSocket   ${url.replace(/^http/, 'ws')}/connection/websocket
  the API     ${url}/docs
  metrics     http://localhost:${outcry.metricsPort}/metrics
  data        ${data}
`
}

function invitation(url: string, token: string): string {
  const lot = {
    title: 'A brass lamp',
    currency: 'USD',
    format: 'english',
    startPrice: 1_000,
    startsAt: 0,
    endsAt: Date.now() + hourMs,
  }
  return `A token for alice, who may sell, good for a day:

TOKEN=${token}

Put a lot up (it is a draft until you POST to its /publish):

curl -s ${url}/v1/lots -H "Authorization: Bearer $TOKEN" \\
  -H 'Content-Type: application/json' -d '${JSON.stringify(lot)}'

Or have 343 real auctions bid again, in another terminal:

npm run replay -- loadtest/data/ebay-palm.csv
`
}

async function devToken(url: string): Promise<string> {
  const answer = await fetch(`${url}/v1/dev/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user: 'alice', roles: ['seller'] }),
  })
  const { token } = (await answer.json()) as { readonly token: string }
  return token
}
