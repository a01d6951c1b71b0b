// Identifiers as they travel. Lots are UUIDs made by the gateway (version 7, so they sort by age);
// users are whatever string the marketplace's tokens carry in `sub`.
import { z } from 'zod'

/** A UUID in lower case, of any version. Upper case is accepted and folded, so one id has one spelling. */
export const Uuid = z.guid({ message: 'expected a UUID' }).toLowerCase()

export const LotId = Uuid.describe('The lot.')
export type LotId = string

/** Client-made id of a command; a repeat of the same id by the same user gets the first answer again. */
export const CommandId = Uuid.describe('Made by the client, one for each wish.')
export type CommandId = string

export const userIdCharactersMax = 128

/** A user id: 1–128 characters without white space, control characters, `:` or `#` (which divide channel names). */
export const UserId = z
  .string()
  .min(1)
  .max(userIdCharactersMax)
  .regex(/^[^\s:#\p{Cc}\p{Cs}]+$/u, {
    message: 'expected no white space, control character, ":" or "#"',
  })
  .meta({ examples: ['user-81'] })
export type UserId = string
