// `node deploy/probe.ts URL`: exits with 0 where the address answers with a 2xx, and with 1 where it does
// not, saying why. The health check of a container, whose image has no other HTTP client.

/** Within the `timeout` of the health check, so that it is this that says what was wrong. */
const answerMsMax = 4_000

const [, , url = ''] = process.argv
try {
  const answer = await fetch(url, { signal: AbortSignal.timeout(answerMsMax) })
  process.stdout.write(`${answer.status} ${await answer.text()}\n`)
  process.exitCode = answer.ok ? 0 : 1
} catch (error) {
  const { message, cause } = error instanceof Error ? error : new Error(String(error))
  process.stdout.write(`${message}${cause instanceof Error ? `: ${cause.message}` : ''}\n`)
  process.exitCode = 1
}
