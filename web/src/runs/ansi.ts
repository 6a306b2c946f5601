/** Colours that programs write into their output (ECMA-48, "select graphic rendition"). */

export interface AnsiPart {
  text: string
  /** 0 to 15: the sixteen named colours; null for the page's own. */
  colour: number | null
  bold: boolean
  dim: boolean
}

const ESCAPE = '\u001b'
const BELL = '\u0007'
/** Colours and the like; titles of windows; character sets; modes of the keyboard. */
const SEQUENCE = new RegExp(
  [
    `${ESCAPE}\\[([0-9;:]*)([A-Za-z])`,
    `${ESCAPE}\\][^${BELL}${ESCAPE}]*(?:${BELL}|${ESCAPE}\\\\)`,
    `${ESCAPE}[()][A-Z0-9]`,
    `${ESCAPE}[=>A-Z]`,
  ].join('|'),
  'g',
)

const PLAIN: Omit<AnsiPart, 'text'> = { colour: null, bold: false, dim: false }

/** Which of the sixteen is nearest to one of the 256: of those above only the brightest channels are kept. */
function nearest(index: number): number {
  if (index < 16) return index
  if (index >= 232) return index > 243 ? 7 : 8
  const cube = index - 16
  const bits = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6]
  const top = Math.max(...bits)
  if (top < 1) return 0
  return bits.reduce((sum, value, bit) => sum + (value > top / 2 ? 1 << bit : 0), top > 3 ? 8 : 0)
}

function styled(style: Omit<AnsiPart, 'text'>, codes: readonly number[]): Omit<AnsiPart, 'text'> {
  let next = style
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0
    if (code === 0) next = PLAIN
    else if (code === 1) next = { ...next, bold: true }
    else if (code === 2) next = { ...next, dim: true }
    else if (code === 22) next = { ...next, bold: false, dim: false }
    else if (code === 39) next = { ...next, colour: null }
    else if (code >= 30 && code <= 37) next = { ...next, colour: code - 30 }
    else if (code >= 90 && code <= 97) next = { ...next, colour: code - 82 }
    else if (code === 38 || code === 48) {
      // `38;5;n` and `38;2;r;g;b`; grounds are read and left out, the page has its own.
      const wide = codes[at + 1] === 5
      if (code === 38 && wide) next = { ...next, colour: nearest(codes[at + 2] ?? 0) }
      at += wide ? 2 : 4
    }
  }
  return next
}

/** Text in its colours; all other control sequences are left out. */
export function ansiParts(text: string): AnsiPart[] {
  if (!text.includes(ESCAPE)) return [{ text, ...PLAIN }]
  const parts: AnsiPart[] = []
  let style = PLAIN
  let from = 0
  for (const match of text.matchAll(SEQUENCE)) {
    if (match.index > from) parts.push({ text: text.slice(from, match.index), ...style })
    if (match[2] === 'm') style = styled(style, (match[1] ?? '').split(/[;:]/).map(Number))
    from = match.index + match[0].length
  }
  if (from < text.length) parts.push({ text: text.slice(from), ...style })
  return parts
}

/** As it reads without colours. */
export const plainText = (text: string): string => (text.includes(ESCAPE) ? text.replace(SEQUENCE, '') : text)
