// Parameters that come in a query, where everything is text.
import { z } from 'zod'

const expected = 'expected a whole number'

/** A whole number, or the text of one. Its bounds speak for themselves. */
export const WholeNumber = z.coerce
  .number({ error: ({ code }) => (code === 'invalid_type' ? expected : undefined) })
  .int({ error: expected })

/** A flag, or the text of one. */
export const Flag = z.union([z.boolean(), z.stringbool()], { error: 'expected true or false' })
