// A push service that keeps what it is sent, and answers as a test says.
import type { DeviceAddress, FcmMessage, PushResult, PushService } from '../ports/push-service.ts'

export interface SentPush {
  readonly token: string
  readonly message: FcmMessage
}

export class FakePushService implements PushService {
  readonly sent: SentPush[] = []
  /** By token; every other push is accepted. */
  readonly answers = new Map<string, PushResult>()
  /** What happens while a push is on its way. */
  onSend: (() => Promise<void>) | undefined

  async send(message: FcmMessage, { token }: DeviceAddress): Promise<PushResult> {
    this.sent.push({ token, message })
    await this.onSend?.()
    const messageId = `message-${this.sent.length}`
    return this.answers.get(token) ?? { type: 'accepted', messageId }
  }

  /** `token key: body` of what was shown, in whatever order it came; silent ones are `token key`. */
  get shown(): string[] {
    return this.sent
      .map(({ token, message: { data, notification } }) =>
        notification === undefined
          ? `${token} ${data['key']}`
          : `${token} ${data['key']}: ${notification.body}`,
      )
      .toSorted()
  }
}
