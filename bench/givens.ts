// What is the same for all benches.
import { createLogger } from '../platform/log.ts'

/** Figures are what a bench has to say; its servers speak when something is wrong. */
export const log = createLogger({ name: 'bench', level: 'error' })

/** Signs the tokens of one run; nobody else knows it, or needs to be kept from it. */
export const tokenSecret = 'only for the clients of one run of a bench'

/** A message of ordinary length in a marketplace. Nothing in it needs to be quoted, neither in JSON nor in SQL. */
export const ordinaryText =
  'Is the lamp still there? I could come by tomorrow after six and pay in cash.'
