// For how long feeds, devices and their marks are kept, and how those of a user are erased.

/** Each is one transaction and may be called by several notifiers at once. @throws the database's error. */
export interface FeedKeeping {
  /** Deletes notifications from before `beforeMs`, at most `limit`. Returns how many went. */
  forgetNotifications(beforeMs: number, limit: number): Promise<number>
  /** As above, devices that were not heard of since. */
  forgetDevices(beforeMs: number, limit: number): Promise<number>
  /** As above, marks of devices in conversations that have not moved since. */
  forgetDeviceMarks(beforeMs: number, limit: number): Promise<number>
  /** Users whose erasure was asked for and is not done here, at most `limit`, those that wait longest first. */
  erasuresToDo(limit: number): Promise<readonly string[]>
  /** Erases feed, read state, preferences and devices, at most `limit` notifications. Whether nothing is left. */
  erase(userId: string, nowMs: number, limit: number): Promise<boolean>
}
