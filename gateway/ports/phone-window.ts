// What phones show, where the pushes go to something that stands in for them.

/** What one phone got, and what it would show. */
export interface PhoneView {
  readonly token: string
  readonly shown: readonly {
    readonly atMs: number
    readonly key?: string
    readonly tag?: string
    readonly title?: string
    readonly body?: string
  }[]
  readonly badge?: number
  /** How many arrived, and how many of them the app had already had. */
  readonly arrived: number
  readonly doubles: number
  readonly deliveries: readonly {
    readonly atMs: number
    readonly messageId: string
    /** As FCM got it. */
    readonly message: { readonly data?: Readonly<Record<string, string>> }
  }[]
}

export interface PhoneWindow {
  /** Phones that something was sent to, the latest first. */
  phones(): readonly PhoneView[]
}
