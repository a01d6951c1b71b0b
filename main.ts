// `npm start`: everything in one process, with what a person at the terminal wants to know.
await import('./platform/kept-modules.js')
const { runAllInOne } = await import('./all-in-one.ts')
await runAllInOne(process.env)
