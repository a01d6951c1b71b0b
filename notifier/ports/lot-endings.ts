// Lots that end soon, and whose bidders know.
import type { UserEvents } from '../../protocol/notifications.ts'

export interface LotEndings {
  /**
   * Tells the bidders of at most `lotsMax` lots which end between now and `untilMs`, in one transaction with the
   * note that they were told: once for each lot, however many notifiers call this at once. Returns what each
   * user is to be told, and whether there may be more lots.
   * @throws the database's error, when nothing was told.
   */
  tell(
    nowMs: number,
    untilMs: number,
    lotsMax: number,
  ): Promise<{ readonly feeds: readonly UserEvents[]; readonly left: boolean }>
}
