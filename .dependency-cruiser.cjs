// The arrows of docs/ARCHITECTURE.md, as rules. `npm run arrows` fails on any other arrow.
const service = '^(gateway|auction-engine|chat-store|notifier)/'
const pure = '^(auction-engine|chat-store|notifier)/core/|^gateway/session/'
const testOnly = '\\.(test|contract)\\.ts$|/testing/|/simulation/'

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'protocol-knows-nobody',
      severity: 'error',
      comment: 'protocol/ is the shared vocabulary; it imports only itself and the schema library.',
      from: { path: '^protocol/' },
      to: { path: '^(gateway|auction-engine|chat-store|notifier|platform|loadtest|console)/' },
    },
    {
      name: 'platform-knows-no-domain',
      severity: 'error',
      from: { path: '^platform/' },
      to: { path: '^(gateway|auction-engine|chat-store|notifier|loadtest|console|protocol)/' },
    },
    {
      name: 'services-meet-on-the-bus',
      severity: 'error',
      comment: 'Services talk through subjects in protocol/, never by import.',
      from: { path: service },
      to: { path: service, pathNot: '^$1/' },
    },
    {
      name: 'core-is-pure',
      severity: 'error',
      comment: 'core/ and session/ decide; clock, randomness and I/O come in as values.',
      from: { path: pure, pathNot: testOnly },
      to: { pathNot: '^protocol/|' + pure },
    },
    {
      name: 'ports-are-promises-only',
      severity: 'error',
      from: { path: '/ports/', pathNot: testOnly },
      to: { pathNot: '^protocol/|/ports/|/core/' },
    },
    {
      name: 'only-main-picks-adapters',
      severity: 'error',
      from: { pathNot: '/main\\.ts$|/adapters/|' + testOnly },
      to: { path: '/adapters/' },
    },
    {
      name: 'uws-stays-at-the-edge',
      severity: 'error',
      from: { pathNot: '^gateway/edge/' },
      to: { path: 'uWebSockets' },
    },
    {
      name: 'loadtest-stays-outside',
      severity: 'error',
      comment: 'The load test sees what a client sees: the wire.',
      from: { path: '^loadtest/' },
      to: { path: service },
    },
    {
      name: 'nobody-imports-main',
      severity: 'error',
      comment: 'Only the all-in-one main.ts at the root wires several services.',
      from: { pathNot: '^main\\.ts$' },
      to: { path: '/main\\.ts$' },
    },
    {
      name: 'tests-stay-out-of-production',
      severity: 'error',
      from: { pathNot: testOnly },
      to: { path: testOnly },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
  },
}
