/** A plot of a few lines over logarithmic axes, as SVG: nothing in it but what a reader looks at. */

export interface Series {
  name: string
  points: readonly (readonly [x: number, y: number])[]
}

export interface Plot {
  title: string
  xLabel: string
  yLabel: string
  series: readonly Series[]
}

const [WIDTH, HEIGHT] = [760, 400]
const area = { left: 64, right: 500, top: 44, bottom: 344 }
/** Told apart by those who see few colours too, on the background that comes with them (Okabe and Ito). */
const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"]
/** Between the names of two lines that end near each other. */
const NAME_HEIGHT = 18

/** Decades around the values, one at least. */
function decadesOf(values: readonly number[]): number[] {
  const from = Math.floor(Math.log10(Math.min(...values)))
  const to = Math.max(Math.ceil(Math.log10(Math.max(...values))), from + 1)
  return Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i))
}

const place = (value: number, decades: readonly number[], [from, to]: readonly [number, number]): number => {
  const [first = 1, last = 10] = [decades[0], decades.at(-1)]
  return from + (Math.log10(value / first) / Math.log10(last / first)) * (to - from)
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")

function textAt(x: number, y: number, { text, anchor = "start" }: { text: string; anchor?: string }): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escaped(text)}</text>`
}

/** @throws RangeError for what has no logarithm */
export function drawPlot({ title, xLabel, yLabel, series }: Plot): string {
  const points = series.flatMap((each) => each.points)
  if (points.length === 0 || points.some(([x, y]) => !(x > 0 && y > 0)))
    throw new RangeError("a plot needs values above 0")
  const [xs, ys] = [decadesOf(points.map(([x]) => x)), decadesOf(points.map(([, y]) => y))]
  const xOf = (value: number) => place(value, xs, [area.left, area.right])
  const yOf = (value: number) => place(value, ys, [area.bottom, area.top])
  const line = (x1: number, y1: number, [x2, y2]: [number, number]) =>
    `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}"/>`
  const grid = [
    ...xs.map((x) => line(xOf(x), area.top, [xOf(x), area.bottom])),
    ...ys.map((y) => line(area.left, yOf(y), [area.right, yOf(y)])),
  ]
  const names = [
    `<text x="${area.left}" y="24" font-size="15" font-weight="bold">${escaped(title)}</text>`,
    textAt((area.left + area.right) / 2, HEIGHT - 14, { text: xLabel, anchor: "middle" }),
    `<text transform="translate(16 ${(area.top + area.bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(yLabel)}</text>`,
    ...xs.map((x) => textAt(xOf(x), area.bottom + 18, { text: x.toLocaleString("en"), anchor: "middle" })),
    ...ys.map((y) => textAt(area.left - 8, yOf(y) + 4, { text: y.toLocaleString("en"), anchor: "end" })),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="sans-serif" font-size="13" fill="#222">
<title>${escaped(title)}</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<g stroke="#ddd">${grid.join("")}</g>
${names.join("\n")}
${drawLines(series, xOf, yOf).join("\n")}
</svg>
`
}

/** Each with its name at its end, and the names apart from each other. */
function drawLines(series: readonly Series[], xOf: (x: number) => number, yOf: (y: number) => number): string[] {
  const ends = series.map(({ points }, i) => ({ i, y: yOf(points.at(-1)?.[1] ?? 1) })).toSorted((a, b) => a.y - b.y)
  const nameAt = new Map<number, number>()
  let free = Number.NEGATIVE_INFINITY
  for (const { i, y } of ends) {
    free = Math.max(y, free + NAME_HEIGHT)
    nameAt.set(i, free)
  }
  return series.map(({ name, points }, i) => {
    const colour = colours[i % colours.length]
    const places = points.map(([x, y]) => [xOf(x).toFixed(1), yOf(y).toFixed(1)] as const)
    const dots = places.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3.5"/>`)
    const path = `<polyline points="${places.map((each) => each.join(",")).join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`
    return `<g fill="${colour}">${path}${dots.join("")}${textAt(area.right + 12, (nameAt.get(i) ?? 0) + 4, { text: name })}</g>`
  })
}
