// @ts-check
// Imported first, it keeps what Node makes of our modules for the next process: for all that are imported after it,
// so an entry file imports the rest by `await import()`. Node takes the types out of each file anew at every start,
// which is half of what reading them takes.
//
// Reading all modules of the all-in-one process takes 0.82 s of processor time by this instead of 1.51 s, of which V8's
// code is an eighth. `npm start` has it run ahead of its entry file (`--import`), and it is JavaScript: what Node
// takes types out with is not even loaded then, which is another tenth.
//
// What is kept of a module is kept by its whole text and the version of Node, so nothing old is ever run. Where the
// folder can be neither found nor made, as on a read-only disk, Node does everything as without this.
// `NODE_COMPILE_CACHE` names another folder, `NODE_DISABLE_COMPILE_CACHE` none.
import { hash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { enableCompileCache, registerHooks, stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'

/**
 * Beside the packages: whoever may write there may change the program anyway. Node's own place is a folder of a
 * known name in the system's temporary one, where somebody else may have been first.
 */
const folder = join(import.meta.dirname, '..', 'node_modules', '.cache', 'outcry')

// V8's code, which Node keeps itself when the process ends.
const { directory } = enableCompileCache(folder)
if (directory !== undefined) keepTextsIn(join(directory, `stripped-${process.version}`))

/**
 * Texts without their types, each in a file of its own.
 * @param {string} textFolder
 */
function keepTextsIn(textFolder) {
  try {
    mkdirSync(textFolder, { recursive: true })
  } catch {
    // It is then missed by each text.
  }
  registerHooks({
    load(url, context, nextLoad) {
      if (context.format !== 'module-typescript') return nextLoad(url, context)
      const file = join(textFolder, hash('sha1', url))
      const source = withoutTypes(url, readFileSync(new URL(url), 'utf8'), file)
      return { format: 'module', source, shortCircuit: true }
    },
  })
}

/**
 * @param {string} url
 * @param {string} text
 * @param {string} file Where it is kept.
 * @throws where `text` is no TypeScript, or some of which more than the types would have to be changed
 */
function withoutTypes(url, text, file) {
  // At the end, so that a text of which a crash has left the beginning is not taken for whole.
  const mark = `\n// ${hash('sha256', text)}\n`
  const kept = textIn(file)
  if (kept?.endsWith(mark)) return kept
  const stripped = silently(() => stripTypeScriptTypes(text, { sourceUrl: url })) + mark
  keep(file, stripped)
  return stripped
}

/** @param {string} file */
function textIn(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/**
 * Another process may do the same at this moment, and a third read.
 * @param {string} file
 * @param {string} text
 */
function keep(file, text) {
  const unfinished = `${file}.${process.pid}`
  try {
    writeFileSync(unfinished, text)
    renameSync(unfinished, file)
  } catch {
    // A full or read-only disk: the next process does it again.
  }
}

/**
 * Without Node's warning of a function that is experimental: what it does is what Node does by itself without one.
 * @template T
 * @param {() => T} work
 */
function silently(work) {
  const emitWarning = Reflect.get(process, 'emitWarning')
  Reflect.set(process, 'emitWarning', () => {})
  try {
    return work()
  } finally {
    Reflect.set(process, 'emitWarning', emitWarning)
  }
}
