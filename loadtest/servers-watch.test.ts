import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { waitFor } from '../platform/testing/wait-for.ts'
import { type ServerReading, ServersWatch } from './servers-watch.ts'

const mebibyte = 2 ** 20
const servers: Server[] = []
const watches: ServersWatch[] = []
afterEach(() => {
  for (const watch of watches.splice(0)) watch.stop()
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
})

async function serve(metrics: () => string): Promise<string> {
  const server = createServer((_, response) => response.end(metrics()))
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`
}

test('what connections cost is what the memory grew by since before anybody came', async () => {
  let [connections, resident, cpuSeconds] = [10, 100 * mebibyte, 1]
  const url = await serve(
    () => `
process_resident_memory_bytes{role="gateway"} ${resident}
process_cpu_seconds_total{role="gateway"} ${cpuSeconds}
nodejs_eventloop_lag_p99_seconds{role="gateway"} 0.015
outcry_gateway_connections{protocol="json",role="gateway"} ${connections}
outcry_gateway_connections{protocol="msgpack",role="gateway"} 0
`,
  )
  const readings: ServerReading[] = []
  const watch = await ServersWatch.begin([url], (_, reading) => void readings.push(reading))
  watches.push(watch)
  expect(watch.costs()).toEqual([])
  ;[connections, resident, cpuSeconds] = [1_010, 103 * mebibyte, 2]
  await waitFor(() => readings.some((reading) => reading.connections === 1_010))
  expect(watch.costs()).toEqual([
    {
      name: `gateway ${new URL(url).host}`,
      residentBeforeBytes: 100 * mebibyte,
      residentHeldBytes: 103 * mebibyte,
      connections: 1_000,
      bytesPerConnection: (3 * mebibyte) / 1_000,
    },
  ])
  const grown = readings.find((reading) => (reading.cpuCores ?? 0) > 0)
  expect(grown).toBeDefined()
  // Node counts its own ten milliseconds between two looks.
  expect(grown?.eventLoopDelayMs).toBeCloseTo(5)
})

test('streams recovered from the database are those of this run', async () => {
  let [fromStore, lines] = [3, true]
  const url = await serve(
    () => `process_resident_memory_bytes 1
${lines ? `outcry_gateway_recoveries_total{kind="store"} ${fromStore}\noutcry_gateway_recoveries_total{kind="ring"} 50` : ''}
`,
  )
  const readings: ServerReading[] = []
  const watch = await ServersWatch.begin([url], (_, reading) => void readings.push(reading))
  watches.push(watch)
  fromStore = 5
  await watch.read()
  await waitFor(() => readings.some(({ storeRecoveries }) => storeRecoveries === 2))
  lines = false
  await waitFor(() => readings.some(({ storeRecoveries }) => storeRecoveries === undefined))
})

test('a server that stops to answer leaves a gap, and ends nothing', async () => {
  let answers = 0
  const url = await serve(() => {
    answers += 1
    return answers === 2 ? '' : 'process_resident_memory_bytes 1\n'
  })
  const readings: ServerReading[] = []
  const watch = await ServersWatch.begin([url], (_, reading) => void readings.push(reading))
  watches.push(watch)
  await watch.read()
  await watch.read()
  expect(readings.map(({ residentBytes }) => residentBytes).slice(0, 2)).toEqual([undefined, 1])
})

test('an address that tells no metrics is named', async () => {
  const url = await serve(() => '<html></html>')
  await expect(ServersWatch.begin([url], () => {})).rejects.toThrow(`${url} is not the /metrics`)
  const nowhere = 'http://127.0.0.1:1/metrics'
  await expect(ServersWatch.begin([nowhere], () => {})).rejects.toThrow(
    `${nowhere} can not be read: `,
  )
  const gone = await serve(() => '')
  servers.at(-1)?.close()
  await expect(ServersWatch.begin([gone], () => {})).rejects.toThrow(
    `${gone} can not be read: ECONNREFUSED`,
  )
})
