// What the project wants to reach. Benches measure most of it; what only shows at full size is for the load
// tester, whose targets say so.

/** Every goal, in order, and what it is about. */
export const GOALS: Readonly<Record<string, string>> = {
  P1: 'Fan-out: deliveries of lot events per core',
  P2: 'Resident memory of an idle connection',
  P3: 'Connect, verify the token, subscribe: per core',
  P4: 'Durable bids on one hot lot, over NATS and back',
  P5: 'Bids from socket to socket, everything in one process',
  P6: 'Bids from socket to socket, gateway and engine apart',
  P7: 'Bids from socket to socket on a slow disk',
  P8: 'Bids on many lots instead of one',
  P9: 'Durable chat messages from socket to socket',
  P10: 'From commit to socket, and what a storm of bids costs the sockets',
  P11: 'A herd that reconnects and recovers',
  P12: '200,000 idle connections',
  P13: 'Processor time of idle connections',
  P14: 'No cliff when many events arrive at once',
  P15: 'Rate limits on the hot path',
  P16: 'From a cold start to ready',
  P17: 'Growth: the same cost at any size',
}

/** Those that are measured by `npm run loadtest`, and the scenario that does it. */
export const MEASURED_BY_LOADTEST: Readonly<Record<string, string>> = {
  P11: 'herd',
  P12: 'connect',
}
