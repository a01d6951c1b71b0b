// `npm start`: everything in one process, with what a person at the terminal wants to know.
import { keepModules } from './platform/kept-modules.ts'

keepModules()
const { runAllInOne } = await import('./all-in-one.ts')
await runAllInOne(process.env)
