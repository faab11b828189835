/** Computes the contrast of all text on a page (WCAG 2.2, 1.4.3), as the browser drew it. */

/** An expression to evaluate in the page: every text whose contrast with its ground is below the limit. Throws when it finds no text. */
export const lowContrasts = (limit: number): string => `(() => {
  const parse = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number)
  const channel = (value) => value <= 10.31475 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b)
  const groundOf = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const color = parse(getComputedStyle(e).backgroundColor)
      if (color[3] !== 0) return color
    }
    return [255, 255, 255]
  }
  const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "")
  const texts = [...document.body.querySelectorAll("*")].filter(hasText)
  if (texts.length < 3) throw new Error("no text")
  return texts.flatMap((element) => {
    const [a, b] = [luminance(parse(getComputedStyle(element).color)), luminance(groundOf(element))]
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    return contrast < ${limit} ? [element.textContent.trim() + " " + contrast.toFixed(2)] : []
  })
})()`
