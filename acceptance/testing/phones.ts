// Phones that pushes go to, by what stands in for FCM, and the app on them.
import { randomUUID } from 'node:crypto'
import { createHttpClient, type HttpClient } from '../../loadtest/http-client.ts'
import type { FcmPhoneView, FcmShown } from '../../platform/fcm/fcm-phone.ts'
import type { FcmStandIn } from '../../platform/fcm/fcm-stand-in.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import type { RegisterDevice } from '../../protocol/devices.ts'
import type { MethodName } from '../../protocol/methods.ts'
import { query } from './database.ts'
import { type PublicClient, publicClient } from './public-client.ts'
import { signToken, type TestServer } from './server.ts'

export interface Phone {
  readonly user: string
  readonly deviceId: string
  /** As FCM calls it. */
  readonly token: string
  /** The HTTP API from this device. */
  readonly http: HttpClient
  view(): FcmPhoneView
  /** What a person sees on it, oldest first. */
  shown(): readonly FcmShown[]
  /** Resolves when it shows so much. */
  shows(count: number): Promise<readonly FcmShown[]>
  /** The app comes to the foreground and connects. */
  open(): Promise<App>
}

export interface App extends PublicClient {
  /** The method's `data`. @throws the protocol error where there is one */
  rpc<Result>(method: MethodName, params: object): Promise<Result>
}

type Terms = Partial<Omit<RegisterDevice, 'deviceId'>>

/** Where nothing was ever sent. */
const untouched = (token: string): FcmPhoneView => ({
  token,
  shown: [],
  arrived: 0,
  doubles: 0,
  deliveries: [],
  lostMessages: false,
})

/** A phone of `user`'s with the app on it, registered and offline. */
export async function phoneOf(
  server: Pick<TestServer, 'url' | 'websocketUrl'>,
  fcm: FcmStandIn,
  user: string,
  terms: Terms = {},
): Promise<Phone> {
  const deviceId = `device-${randomUUID().slice(0, 8)}`
  const accessToken = () => signToken(user, { deviceId })
  const http = createHttpClient(server.url, await accessToken())
  const registered = {
    platform: 'android',
    token: `token-${deviceId}`,
    locale: 'en',
    timeZone: 'Europe/Berlin',
    ...terms,
  }
  await http.call('PUT', `/v1/devices/${deviceId}`, registered)
  const { token } = registered
  const view = () => fcm.phone(token) ?? untouched(token)
  const shown = () => view().shown
  return {
    user,
    deviceId,
    token,
    http,
    view,
    shown,
    shows: (count) =>
      waitFor(() => shown().length >= count && shown(), {
        timeoutMs: 15_000,
        what: `${count} pushes on a phone of ${user}`,
      }),
    async open() {
      const client = publicClient(
        { websocketUrl: server.websocketUrl, token: accessToken },
        { user },
      )
      await client.connect()
      return {
        ...client,
        rpc: async <Result>(method: MethodName, params: object) =>
          (await client.centrifuge.rpc(method, params)).data as Result,
      }
    },
  }
}

/** Resolves when no push is due any more, be it now or later. */
export async function noJobsLeft(databaseUrl: string): Promise<void> {
  const due = 'SELECT count(*)::int AS n FROM graphile_worker.jobs WHERE attempts < max_attempts'
  const none = async () => (await query(databaseUrl, due))[0]?.['n'] === 0
  await waitFor(none, { timeoutMs: 20_000, what: 'an end of the jobs' })
}
