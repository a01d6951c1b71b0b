// Draws the plots of the page about a load test. It runs in the browser, with uPlot before it.
;(() => {
  const { times, measured, figures } = JSON.parse(document.getElementById('figures').textContent)
  const plotHeight = 240
  const colours = 6
  const style = getComputedStyle(document.documentElement)
  const colourOf = (name) => style.getPropertyValue(name).trim()
  const dashes = [[], [6, 4], [2, 3]]
  const numbers = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })
  const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
  const say = (value) => (value >= 100 ? whole : numbers).format(value)

  /** Covers what was not measured. */
  function shade(plot) {
    if (measured === null) return
    const { ctx, bbox } = plot
    const [begin, end] = measured.map((second) =>
      Math.min(bbox.left + bbox.width, Math.max(bbox.left, plot.valToPos(second, 'x', true))),
    )
    ctx.save()
    ctx.fillStyle = colourOf('--shade')
    ctx.fillRect(bbox.left, bbox.top, begin - bbox.left, bbox.height)
    ctx.fillRect(end, bbox.top, bbox.left + bbox.width - end, bbox.height)
    ctx.restore()
  }

  /** A line needs two points beside each other; one that stands alone is drawn as such. */
  function lonely(plot, nth) {
    const values = plot.data[nth]
    const isThere = (at) => values[at] !== null && values[at] !== undefined
    return times
      .map((_, at) => at)
      .filter((at) => isThere(at) && !isThere(at - 1) && !isThere(at + 1))
  }

  function optionsFor({ unit, isLogarithmic, series }, width) {
    const axis = {
      stroke: colourOf('--faint'),
      grid: { stroke: colourOf('--line'), width: 1 },
      ticks: { stroke: colourOf('--line'), width: 1 },
    }
    return {
      width,
      height: plotHeight,
      scales: {
        x: { time: false },
        y: isLogarithmic
          ? { distr: 3 }
          : { range: (_, __, most) => [0, Number.isFinite(most) && most > 0 ? most * 1.1 : 1] },
      },
      axes: [
        { ...axis, values: (_, ticks) => ticks.map((tick) => `${say(tick)} s`) },
        {
          ...axis,
          size: 64,
          values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : say(tick))),
        },
      ],
      series: [
        { label: 'second' },
        ...series.map(({ name }, nth) => ({
          label: name,
          stroke: colourOf(`--series-${(nth % colours) + 1}`),
          dash: dashes[Math.floor(nth / colours) % dashes.length],
          width: 2,
          points: { show: true, size: 5, filter: lonely },
          value: (_, value) =>
            value === null || value === undefined ? '–' : `${say(value)} ${unit}`.trim(),
        })),
      ],
      hooks: { drawClear: [shade] },
    }
  }

  const drawn = []

  function draw(figure) {
    const place = document.querySelector(`#${figure.id} .plot`)
    // A logarithm has no place for nothing.
    const values = figure.series.map(({ values: of }) =>
      figure.isLogarithmic ? of.map((value) => (value > 0 ? value : null)) : of,
    )
    let plot
    const redraw = () => {
      plot?.destroy()
      plot = new uPlot(optionsFor(figure, place.clientWidth), [times, ...values], place)
    }
    redraw()
    new ResizeObserver(() => {
      if (plot.width !== place.clientWidth)
        plot.setSize({ width: place.clientWidth, height: plotHeight })
    }).observe(place)
    drawn.push(redraw)
  }

  for (const figure of figures) draw(figure)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    for (const redraw of drawn) redraw()
  })
})()
