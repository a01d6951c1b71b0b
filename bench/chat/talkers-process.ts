// The talkers of a server, in a process of their own.
import { obey } from '../peers/obey.ts'
import { Talkers } from './talkers.ts'
import type { FromTalkers, ToTalkers } from './words.ts'

let joined: Talkers | undefined

obey(async (word: ToTalkers): Promise<FromTalkers> => {
  if (word.type === 'join') {
    joined = await Talkers.join(word.order)
    return { type: 'joined', pid: process.pid }
  }
  if (joined === undefined) throw new Error('nobody has joined yet')
  if (word.type === 'account') return { type: 'accounted', account: joined.account() }
  return { type: 'talked', talked: await joined.talk(word.order) }
})
