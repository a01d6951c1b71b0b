// What the process that leads a run and the processes that hold its devices say to each other.
import type { TokenSource } from '../tokens.ts'
import type { Sample } from './measures.ts'
import type { Plan, Share } from './plan.ts'
import type { Ends, Stage, Testimony } from './scenario.ts'

export type ToWorker =
  /** Have your devices come. */
  | {
      readonly type: 'assemble'
      readonly plan: Plan
      readonly tokens: TokenSource
      readonly stage: Stage
      readonly share: Share
    }
  /** All are there: do what the scenario is about. */
  | { readonly type: 'perform' }
  /** Come to these ends, and say what you saw. */
  | { readonly type: 'testify'; readonly ends: Ends }
  | { readonly type: 'leave' }

export type FromWorker =
  | { readonly type: 'assembled'; readonly bytesPerDevice: number }
  | { readonly type: 'performed' }
  /** Every second. */
  | { readonly type: 'sample'; readonly sample: Sample }
  | { readonly type: 'testimony'; readonly testimony: readonly Testimony[] }
  | { readonly type: 'testified' }
  /** It can not go on; the sentence is for the operator. */
  | { readonly type: 'failed'; readonly says: string }
