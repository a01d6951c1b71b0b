// `npm run gateway`, `engine`, `chat`, `notifier`: one role of a fleet, configured by its environment.
import { keepModules } from './platform/kept-modules.ts'

keepModules()
const { runRole } = await import('./role-process.ts')
await runRole(process.argv[2], process.env)
