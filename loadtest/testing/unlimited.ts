// A load test's people come from one address and are as fast as it wants them to be.

export const unlimited = {
  DEV_TOKENS: 'true',
  LIMIT_REQUESTS_PER_TOKEN: 'off',
  LIMIT_COMMANDS_PER_CONNECTION: 'off',
  LIMIT_CONNECTIONS_PER_ADDRESS: 'off',
  LIMIT_CONNECTIONS_PER_USER: 'off',
  LIMIT_BIDS_PER_USER: 'off',
  LIMIT_BIDS_PER_USER_ALL_LOTS: 'off',
  LIMIT_MESSAGES_PER_USER: 'off',
  LIMIT_CONVERSATIONS_OPENED_PER_USER: 'off',
} as const
