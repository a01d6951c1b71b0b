// `npm run cluster`: gateways, engines, chat stores and notifiers as processes of their own, on servers of
// their own, until Ctrl-C. What happens to them is shown; nothing is started again.
import { runMain, runProcess } from '../platform/run-process.ts'
import { readArguments } from './arguments.ts'
import { createCluster } from './cluster.ts'

/** A gateway may take its half minute to drain, and then those behind it theirs. */
const deadlineMs = 90_000
const lookAtParentMs = 1_000

await runMain(async () => {
  const { parts, log } = await createCluster(
    readArguments(process.argv),
    process.env,
    process.stdout,
  )
  endWithNpm()
  await runProcess(parts, { log, deadlineMs })
})

/** npm may be killed without a word, and nobody else would know of this process. */
function endWithNpm(): void {
  if (process.env['npm_lifecycle_event'] === undefined) return
  const parent = process.ppid
  const look = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(look)
    process.kill(process.pid, 'SIGTERM')
  }, lookAtParentMs)
}
