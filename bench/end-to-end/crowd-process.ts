// The bidders of one server, in a process of their own.
import { obey } from '../peers/obey.ts'
import { Crowd } from './crowd.ts'
import type { FromCrowd, ToCrowd } from './words.ts'

let joined: Crowd | undefined

obey(async (word: ToCrowd): Promise<FromCrowd> => {
  if (word.type === 'join') {
    joined = await Crowd.join(word.order)
    return { type: 'joined', pid: process.pid }
  }
  if (joined === undefined) throw new Error('nobody has joined yet')
  if (word.type === 'account') return { type: 'accounted', account: joined.account() }
  return { type: 'hasBid', result: await joined.bid(word.order) }
})
