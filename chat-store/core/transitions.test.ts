// Every cell of the table of offers, once as it stands and once as the draft keeps to it.
import { describe, expect, test } from 'vitest'
import { OFFER_STATES, type OfferState } from '../../protocol/chat.ts'
import type { ChatStoreCommand } from './command.ts'
import type { StoredMessage } from './conversation.ts'
import { ConversationDraft } from './draft.ts'
import { conversationId, Kept } from './testing/kept.ts'
import { actorOf } from './testing/sentences.ts'
import { OFFER_TRANSITIONS, type OfferCommand } from './transitions.ts'

const endsMs = 60_000
const offer = { amount: 500, currency: 'USD', expiresAt: endsMs }
const by = (name: string) => ({ conversationId, actor: actorOf(name) })
const answer = { offerId: 'o1', clientMessageId: 'c' }

/** A command of each kind against which nothing but the offer's state could stand. Ann made the offer. */
const COMMANDS: { readonly [C in OfferCommand]: ChatStoreCommand } = {
  make_offer: {
    ...by('ann'),
    type: 'send_message',
    messageId: 'o2',
    clientMessageId: 'c',
    content: { kind: 'offer', offer },
  },
  counter_offer: { ...by('sam'), ...answer, type: 'counter_offer', messageId: 'o2', offer },
  accept_offer: { ...by('sam'), ...answer, type: 'accept_offer' },
  decline_offer: { ...by('sam'), ...answer, type: 'decline_offer' },
  withdraw_offer: { ...by('ann'), ...answer, type: 'withdraw_offer' },
  delete_message: { ...by('ann'), type: 'delete_message', messageId: 'o1', forAll: true },
  expire: { type: 'wake', conversationId },
}
const commands = Object.keys(COMMANDS) as OfferCommand[]

function offeredIn(state: OfferState): Kept {
  const kept = new Kept()
  const terms = {
    kind: 'direct',
    subject: { type: 'lot', id: 'l' },
    buyerId: 'ann',
    sellerId: 'sam',
  }
  const opening = { ...by('ann'), type: 'open_conversation', terms } as const
  const draft = new ConversationDraft(kept)
  draft.decide(opening as ChatStoreCommand, 0, kept.setting)
  draft.decide({ ...COMMANDS.make_offer, messageId: 'o1' } as ChatStoreCommand, 0, kept.setting)
  const change = draft.change()
  if (change === undefined) throw new Error('no offer was made')
  kept.write(change)
  if (state === 'open') return kept
  const made = kept.messages.get('o1')
  if (made?.view.offer === undefined) throw new Error('no offer was made')
  const closed: StoredMessage = {
    ...made,
    view: { ...made.view, offer: { ...made.view.offer, state } },
  }
  kept.messages.set('o1', closed)
  const { openOfferId: _open, ...conversation } = change.conversation
  kept.conversation = { ...conversation, version: 1 }
  return kept
}

describe.each(OFFER_STATES)('an offer that is %s', (state) => {
  test.each(commands)('%s is answered as the table says', (name) => {
    const verdict = OFFER_TRANSITIONS[state][name]
    const kept = offeredIn(state)
    // What was remembered of the making must not answer another command in its place.
    kept.answers.clear()
    const draft = new ConversationDraft(kept)
    const reply = draft.decide(COMMANDS[name], name === 'expire' ? endsMs : 1, kept.setting)
    if (verdict === 'offer_state') {
      expect(reply).toMatchObject({ outcome: 'refused', code: 'offer_state', state })
      expect(draft.told()).toEqual([])
    } else if (verdict === 'dropped') {
      expect(draft.told()).toEqual([])
    } else {
      if (name !== 'expire') expect(reply).toMatchObject({ outcome: 'accepted' })
      expect(draft.told().length).toBeGreaterThan(0)
    }
  })
})
