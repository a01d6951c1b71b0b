// How much of a message is quoted where it is told of.

/** In Unicode code points: enough for a line on a lock screen; the rest is read in the conversation. */
export const quotedCharactersMax = 200
