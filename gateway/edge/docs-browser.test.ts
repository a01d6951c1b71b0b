// The pages about the API in a real browser.
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findChromium } from '../../platform/testing/chromium.ts'
import { METHODS } from '../../protocol/methods.ts'
import { lotId } from '../testing/lots.ts'
import { startApiServer } from './testing/api-server.ts'

const executablePath = await findChromium()
const resources = Object.values(METHODS).filter((method) => 'http' in method).length

/** A browser that shares a busy machine takes its time to lay out a long page. */
const browserPatienceMs = 60_000

describe.skipIf(executablePath === undefined)(
  'the page about the API in Chromium',
  { timeout: 4 * browserPatienceMs },
  () => {
    let browser: Browser
    let page: Page
    let api: Awaited<ReturnType<typeof startApiServer>>
    /** Whatever the browser complained of: errors, violations of the policy, failed or foreign requests. */
    const complaints: string[] = []

    beforeAll(async () => {
      api = await startApiServer({ devTokens: true })
      browser = await chromium.launch({
        executablePath: executablePath ?? '',
        args: ['--no-sandbox', '--disable-dev-shm-usage'],
      })
      page = await browser.newPage()
      page.setDefaultTimeout(browserPatienceMs)
      page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`))
      page.on('pageerror', (error) => complaints.push(error.message))
      page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`))
      page.on('request', (request) => {
        if (!/^(?:data:|blob:)/.test(request.url()) && new URL(request.url()).origin !== api.url) {
          complaints.push(`foreign: ${request.url()}`)
        }
      })
    })
    afterAll(async () => {
      await browser?.close()
      api?.close()
    })

    test('shows every operation, and breaks no policy', async () => {
      await page.goto(`${api.url}/docs`)
      await page.locator('.opblock').first().waitFor()
      expect(await page.locator('.opblock').count()).toBeGreaterThan(resources)
      expect(await page.locator('.opblock-summary-path').allInnerTexts()).toContain(
        '/v1/conversations/{conversationId}/messages',
      )
      expect(complaints).toEqual([])
    })

    test('opens an operation, tries it out and shows the answer', async () => {
      const operation = page.locator('.opblock', {
        has: page.getByText('lot.get', { exact: true }),
      })
      await operation.locator('.opblock-summary-control').click()
      await operation.getByRole('button', { name: 'Try it out' }).click()
      await operation.getByPlaceholder('lotId').fill(lotId)
      await operation.getByRole('button', { name: 'Execute' }).click()
      const answer = operation
        .locator('.live-responses-table tbody .response-col_description')
        .first()
      await answer.waitFor()
      expect(await answer.innerText()).toContain('Palm Pilot')
      expect(complaints).toEqual([])
    })

    test('leads to the protocol', async () => {
      await page.getByRole('link', { name: 'The WebSocket protocol' }).click()
      await page.getByRole('heading', { name: 'The protocol', exact: true }).waitFor()
      expect(new URL(page.url()).pathname).toBe('/docs/protocol')
      expect(complaints).toEqual([])
    })
  },
)
