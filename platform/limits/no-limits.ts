// The limits that an operator may turn off, all turned off: for load tests, whose people come from few addresses
// and are as fast as they are wanted to be.

/** Variables for the environment of a server, or of a gateway. */
export const NO_LIMITS = {
  LIMIT_BIDS_PER_USER: 'off',
  LIMIT_BIDS_PER_USER_ALL_LOTS: 'off',
  LIMIT_MESSAGES_PER_USER: 'off',
  LIMIT_CONVERSATIONS_OPENED_PER_USER: 'off',
  LIMIT_TYPING_PER_USER: 'off',
  LIMIT_FEED_COMMANDS_PER_USER: 'off',
  LIMIT_REQUESTS_PER_TOKEN: 'off',
  LIMIT_COMMANDS_PER_CONNECTION: 'off',
  LIMIT_CONNECTIONS_PER_USER: 'off',
  LIMIT_CONNECTIONS_PER_ADDRESS: 'off',
} as const
