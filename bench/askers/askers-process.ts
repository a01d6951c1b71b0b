// The askers of one server, in a process of their own.
import { obey } from '../peers/obey.ts'
import { Askers } from './askers.ts'
import type { FromAskers, ToAskers } from './words.ts'

let joined: Askers | undefined

obey(async (word: ToAskers): Promise<FromAskers> => {
  if (word.type === 'join') {
    joined = await Askers.join(word.order)
    return { type: 'joined', pid: process.pid }
  }
  if (joined === undefined) throw new Error('nobody has joined yet')
  if (word.type === 'account') return { type: 'accounted', account: joined.account() }
  return { type: 'asked', asked: await joined.ask(word.order) }
})
