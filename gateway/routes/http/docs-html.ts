// The text of the pages about the API. Addresses are relative, so the pages also work below a prefix
// that a proxy takes away.
import { Marked } from 'marked'

const head = (title: string, base: string, styles: readonly string[]): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" type="image/png" href="${base}favicon-32x32.png">
${styles.map((style) => `<link rel="stylesheet" href="${base}${style}">`).join('\n')}
</head>`

/** `/docs`: where the viewer draws. */
export const viewerHtml = `${head('Outcry: the HTTP API', 'docs/', ['swagger-ui.css', 'page.css'])}
<body>
<nav><b>Outcry</b> <a href="docs/protocol">The WebSocket protocol</a> <a href="v1/openapi.json">openapi.json</a></nav>
<main id="viewer"></main>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/viewer.js"></script>
</body>
</html>
`

/** Starts the viewer. It asks nobody else to look at the document. */
export const viewerScript = `window.SwaggerUIBundle({
  url: 'v1/openapi.json',
  dom_id: '#viewer',
  deepLinking: true,
  displayOperationId: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
})
`

export const pageStyle = `body { margin: 0; font-family: system-ui, sans-serif; color: #222; }
nav { display: flex; gap: 1.5rem; padding: 0.75rem 1.25rem; background: #1b1f24; color: #fff; }
nav a { color: #9ecbff; }
article { max-width: 60rem; margin: 0 auto; padding: 1rem 1.25rem 4rem; line-height: 1.5; }
article table { border-collapse: collapse; margin: 1rem 0; font-size: 0.9rem; }
article th, article td { border: 1px solid #d0d7de; padding: 0.3rem 0.6rem; text-align: left; vertical-align: top; }
article pre { background: #f6f8fa; padding: 1rem; overflow-x: auto; font-size: 0.85rem; }
article h2 { margin-top: 2.5rem; border-bottom: 1px solid #d0d7de; }
article h3 { margin-top: 2rem; }
`

/** `/docs/protocol`: the printed page, with headings that can be linked to. */
export function protocolHtml(markdown: string): string {
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }) {
        return `<h${depth} id="${slug(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`
      },
    },
  })
  return `${head('Outcry: the protocol', '', ['page.css'])}
<body>
<nav><b>Outcry</b> <a href="../docs">The HTTP API</a></nav>
<article>
${marked.parse(markdown, { async: false })}</article>
</body>
</html>
`
}

/** \`bid.place\` → bid-place. */
const slug = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
