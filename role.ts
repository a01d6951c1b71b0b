// `npm run gateway`, `engine`, `chat`, `notifier`: one role of a fleet, configured by its environment.
await import('./platform/kept-modules.js')
const { runRole } = await import('./role-process.ts')
await runRole(process.argv[2], process.env)
