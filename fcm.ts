// `npm run fcm`: what stands in for Firebase Cloud Messaging beside a fleet on a developer's machine. It says
// what each phone would show, as it comes.
import { Command, InvalidArgumentError } from 'commander'
import { variable } from './platform/config-variables.ts'
import { createFcmStandIn } from './platform/fcm/fcm-stand-in.ts'
import type { FcmWireMessage } from './platform/fcm/fcm-wire.ts'
import { createLogger } from './platform/log.ts'
import { runMain, runProcess } from './platform/run-process.ts'

const portDefault = 9_099

const say = (line: string): boolean => process.stdout.write(`${line}\n`)

function readPort(text: string): number {
  const { data, error } = variable.port().safeParse(text)
  if (data === undefined) throw new InvalidArgumentError(error?.issues[0]?.message ?? '')
  return data
}

function tell({ notification, data }: FcmWireMessage, token: string): void {
  const shown = [notification?.title, notification?.body].filter((text) => text !== undefined)
  say(`${token}  ${shown.length === 0 ? '(silent)' : shown.join(': ')}  ${data?.['key'] ?? ''}`)
}

const command = new Command('fcm')
  .description('Stands in for Firebase Cloud Messaging on loopback.')
  .option('--port <port>', 'where to listen; 0 takes any free port', readPort, portDefault)
  .action(async ({ port }: { readonly port: number }) => {
    const fcm = createFcmStandIn({ port, onTaken: tell })
    await runProcess([fcm], { log: createLogger({ name: 'fcm', level: 'warn' }) })
    say(`FCM_ENDPOINT=${fcm.endpoint}  (phones at ${fcm.endpoint}/phones; Ctrl-C ends)`)
  })

await runMain(async () => {
  await command.parseAsync()
})
