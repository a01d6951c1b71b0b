// The report as a page for people: one file with everything in it, that a browser shows without a network.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type Figures, figuresOf } from './figures.ts'
import { html, type Markup, markup } from './markup.ts'
import {
  auditPart,
  conditionsPart,
  errorsPart,
  figurePart,
  headPart,
  measuredPart,
  targetsPart,
} from './page-parts.ts'
import type { Report } from './report.ts'

const plotLibrary = createRequire(import.meta.url)

export async function pageOf(report: Report): Promise<string> {
  const [library, libraryStyle, script, style] = await Promise.all([
    readFile(plotLibrary.resolve('uplot/dist/uPlot.iife.min.js'), 'utf8'),
    readFile(plotLibrary.resolve('uplot/dist/uPlot.min.css'), 'utf8'),
    readFile(new URL('page-plots.js', import.meta.url), 'utf8'),
    readFile(new URL('page.css', import.meta.url), 'utf8'),
  ])
  const figures = figuresOf(report.timeline)
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policyFor([library, script])}">
<meta name="color-scheme" content="light dark">
<title>Load test: ${report.plan.scenario}, ${report.outcome}</title>
<style>${markup(libraryStyle)}${markup(style)}</style>
</head>
<body>
<main>
${headPart(report)}
${targetsPart(report)}
${plotsPart(figures)}
${auditPart(report)}
${measuredPart(report)}
${errorsPart(report)}
${conditionsPart(report)}
</main>
<script type="application/json" id="figures">${markup(inScript(figures))}</script>
<script>${markup(library)}</script>
<script>${markup(script)}</script>
</body>
</html>
`.text
}

function plotsPart(figures: Figures): Markup {
  const { secondsAPoint } = figures
  const note = secondsAPoint === 1 ? '' : ` A point stands for ${secondsAPoint} seconds.`
  return html`<section aria-labelledby="over-time">
<h2 id="over-time">Over time</h2>
<p class="note">Seconds since the run began; what is shaded was not measured: devices came, or were asked what they saw.${note}</p>
<div class="figures">
${figures.figures.map((figure) => figurePart(figure, figures))}
</div>
</section>`
}

/** Nothing from elsewhere, and no script but these: an error of a server stands in this page as well. */
function policyFor(scripts: readonly string[]): string {
  const hashes = scripts.map((script) => {
    const hash = createHash('sha256').update(script).digest('base64')
    return `'sha256-${hash}'`
  })
  return `default-src 'none'; style-src 'unsafe-inline'; script-src ${hashes.join(' ')}; base-uri 'none'`
}

function inScript(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}
