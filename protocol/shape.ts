// How shapes are written: what clients get, with a sentence for whoever reads about them.
import { z } from 'zod'

/** An object that clients get. `says` is printed with its name wherever the shape is described. */
export const Shape = <Fields extends z.core.$ZodLooseShape>(says: string, fields: Fields) =>
  z.object(fields).describe(says)
