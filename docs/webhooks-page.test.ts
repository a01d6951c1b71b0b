// The page for those who receive webhooks says what is sent, and when.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { RETRY_DELAYS_MS } from '../notifier/core/webhooks/verdict.ts'
import { WebhookPayload } from '../protocol/webhook-payloads.ts'
import { WEBHOOK_TYPES, webhookTestType } from '../protocol/webhooks.ts'

const page = readFileSync(new URL('webhooks.md', import.meta.url), 'utf8')
const examples = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, text = '']) => text)

describe('the page about webhooks', () => {
  test.each(examples)('shows an event as it is sent: %.40s', (text) => {
    const payload: unknown = JSON.parse(text)
    // Nothing in it that the schema does not know either.
    expect(WebhookPayload.parse(payload)).toEqual(payload)
  })

  test('names every type', () => {
    expect(examples.length).toBeGreaterThan(5)
    for (const type of [...WEBHOOK_TYPES, webhookTestType])
      expect(page).toContain(`**\`${type}\`**`)
  })

  test('tells the schedule of attempts', () => {
    const unitsMs: Readonly<Record<string, number>> = { s: 1_000, min: 60_000, h: 3_600_000 }
    const row = /^\| (5 s .*) \|$/mu.exec(page)?.[1] ?? ''
    const told = row.split(' | ').map((pause) => {
      const [count, unit = ''] = pause.split(' ')
      return Number(count) * (unitsMs[unit] ?? Number.NaN)
    })
    expect(told).toEqual([...RETRY_DELAYS_MS])
    const days = told.reduce((sum, ms) => sum + ms, 0) / (24 * 3_600_000)
    expect(days).toBeGreaterThan(3)
    expect(days).toBeLessThan(3.5)
  })
})
