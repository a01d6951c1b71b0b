// The page about a load test, as text and in a real browser.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findChromium } from '../../platform/testing/chromium.ts'
import { figuresOf } from './figures.ts'
import { pageOf } from './page.ts'
import { reportOf } from './report.ts'
import { aRun, conditions, harmful, plan } from './testing/a-run.ts'

const target = {
  scenario: 'auction',
  options: {},
  expect: { sent: { atLeast: 1 }, 'bid.p99Ms': { atMost: 9 } },
} as const
const report = reportOf({ plan, target, result: aRun(), conditions })
const executablePath = await findChromium()
/** What is asked of a canvas of the browser; the types of this program know none. */
interface Canvas {
  readonly width: number
  readonly height: number
  readonly getContext: (
    this: unknown,
    kind: '2d',
  ) => {
    getImageData(
      x: number,
      y: number,
      width: number,
      height: number,
    ): { readonly data: ArrayLike<number> }
  }
}
/** A browser that shares a busy machine takes its time. */
const browserPatienceMs = 60_000

test('the page needs nothing from elsewhere', async () => {
  const page = await pageOf(report)
  expect(page).not.toMatch(/\b(?:src|href)=/)
  expect(page).toContain('default-src &#39;none&#39;')
})

test('what a server said stands in the page as text', async () => {
  const page = await pageOf(report)
  expect(page).not.toContain('<script>alert')
  expect(page).toContain('&lt;script&gt;alert(1)')
})

test('the seconds of a day are drawn together', () => {
  const [second] = report.timeline
  if (second === undefined) throw new Error('the run has no second')
  const day = Array.from({ length: 86_400 }, (_, at) => ({ ...second, at, counts: { sent: 10 } }))
  const { times, secondsAPoint, figures } = figuresOf(day)
  expect(times.length).toBeLessThanOrEqual(1_200)
  expect(secondsAPoint).toBe(72)
  expect(times.at(-1)).toBe(86_400 - 72)
  const [commands] = figures
  expect(commands?.series[0]?.values.every((value) => value === 10)).toBe(true)
})

describe.skipIf(executablePath === undefined)(
  'the page in Chromium',
  { timeout: 2 * browserPatienceMs },
  () => {
    let folder: string
    let browser: Browser
    let page: Page
    /** Whatever the browser complained of: errors, violations of the policy, foreign requests. */
    const complaints: string[] = []

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'outcry-page-'))
      await writeFile(join(folder, 'report.html'), await pageOf(report))
      browser = await chromium.launch({
        executablePath: executablePath ?? '',
        args: ['--no-sandbox', '--disable-dev-shm-usage'],
      })
      page = await browser.newPage({ viewport: { width: 390, height: 800 } })
      page.setDefaultTimeout(browserPatienceMs)
      page.on('console', (message) => complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(error.message))
      page.on('request', (request) => {
        if (!request.url().startsWith('file:')) complaints.push(request.url())
      })
      await page.goto(pathToFileURL(join(folder, 'report.html')).href)
    }, browserPatienceMs)
    afterAll(async () => {
      await browser?.close()
      await rm(folder, { recursive: true, force: true })
    })

    test('every plot is drawn, and nothing is complained of', async () => {
      const { figures } = figuresOf(report.timeline)
      expect(figures.map(({ id }) => id)).toContain('latency-bid')
      await expect(page.locator('.plot canvas').count()).resolves.toBe(figures.length)
      for (const { id } of figures) {
        const painted = await page.locator(`#${id} canvas`).evaluate((canvas) => {
          const { width, height, getContext } = canvas as unknown as Canvas
          const { data } = getContext.call(canvas, '2d').getImageData(0, 0, width, height)
          return Array.from(data).some((value) => value !== 0)
        })
        expect(painted, id).toBe(true)
      }
      expect(complaints).toEqual([])
    })

    test('the verdict, the targets and the errors stand there', async () => {
      const text = await page.locator('main').innerText()
      expect(text).toContain('Targets missed.')
      expect(text).toMatch(/bid\.p99Ms[\s\S]*at most 9 ms[\s\S]*✗ missed/)
      expect(text).toContain(harmful.replace('\u001B', '').slice(0, 20))
    })

    test('every plot has its figures in a table, and the page fits a phone', async () => {
      const figures = page.locator('figure')
      for (let nth = 0; nth < (await figures.count()); nth += 1) {
        await figures.nth(nth).locator('summary').click()
        expect(await figures.nth(nth).locator('tbody tr').count()).toBeGreaterThan(0)
      }
      const widths = await page.locator('html').evaluate((html) => {
        const { scrollWidth, clientWidth } = html as unknown as Record<string, number>
        return [scrollWidth, clientWidth]
      })
      expect(widths[0]).toBe(widths[1])
    })

    test('in the dark it is drawn anew', async () => {
      await page.emulateMedia({ colorScheme: 'dark' })
      const { figures } = figuresOf(report.timeline)
      await expect(page.locator('.plot canvas').count()).resolves.toBe(figures.length)
      expect(complaints).toEqual([])
    })
  },
)
