/** The shape of a value. Pure. */

export interface ShapeLine {
  name: string
  /** `text`, `number or null`, `list of object`. */
  type: string
  depth: number
  /** Not every item of a list has it. */
  optional: boolean
}

const ITEMS = 200
const LINES = 500

function wordOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'list'
  const word = typeof value
  return word === 'string' ? 'text' : word
}

/** What a list of values looks like, taken together. */
function typeOf(values: readonly unknown[]): string {
  const kinds = [...new Set(values.map(wordOf))].sort(
    (left, right) => Number(left === 'null') - Number(right === 'null'),
  )
  const items = values.flatMap((value) => (Array.isArray(value) ? value.slice(0, ITEMS) : []))
  return kinds
    .map((kind) => (kind === 'list' && items.length > 0 ? `list of ${typeOf(items)}` : kind))
    .join(' or ')
}

function add(lines: ShapeLine[], values: readonly unknown[], depth: number): void {
  const flat = values.flatMap((value) => (Array.isArray(value) ? value.slice(0, ITEMS) : [value]))
  const objects = flat.filter((value): value is Record<string, unknown> => wordOf(value) === 'object')
  const keys = [...new Set(objects.flatMap((value) => Object.keys(value)))]
  for (const name of keys) {
    if (lines.length >= LINES) return
    const having = objects.filter((value) => name in value)
    const inside = having.map((value) => value[name])
    lines.push({ name, type: typeOf(inside), depth, optional: having.length < objects.length })
    add(lines, inside, depth + 1)
  }
}

/** Keys with their types, those of a list's items taken together. */
export function shapeOf(value: unknown): ShapeLine[] {
  const lines: ShapeLine[] = []
  add(lines, [value], 0)
  return lines
}
