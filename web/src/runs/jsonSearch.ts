/** Names and indexes from the root of a JSON value down to one in it. */
export type JsonPath = readonly (string | number)[]

export const MOST_MATCHES = 1000

/** A path as a key of a set. */
export const pathKey = (path: JsonPath): string => JSON.stringify(path)

const IDENTIFIER = /^[A-Za-z_]\w*$/

/** A path as expressions write it: `items[3].name`, `["two words"].x`. */
export const pathText = (path: JsonPath): string =>
  path
    .map((part, place) => {
      if (typeof part === 'number') return `[${part}]`
      if (!IDENTIFIER.test(part)) return `[${JSON.stringify(part)}]`
      return place === 0 ? part : `.${part}`
    })
    .join('')

export interface Matches {
  count: number
  /** There are more than were looked for. */
  more: boolean
  /** Keys of paths to what matches, and of those on the way there. */
  hits: ReadonlySet<string>
  trail: ReadonlySet<string>
}

const textOf = (value: unknown): string => (value === null ? 'null' : String(value))

/** Where a text is in names or plain values, in upper or lower case; null without one. */
export function searchJson(root: unknown, text: string): Matches | null {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return null
  const hits = new Set<string>()
  const trail = new Set<string>()
  const left: { value: unknown; path: JsonPath }[] = [{ value: root, path: [] }]
  while (left.length > 0 && hits.size <= MOST_MATCHES) {
    const { value, path } = left.pop() ?? { value: null, path: [] }
    const name = path.at(-1)
    const nested = typeof value === 'object' && value !== null
    const named = typeof name === 'string' && name.toLowerCase().includes(wanted)
    if (named || (!nested && textOf(value).toLowerCase().includes(wanted))) {
      hits.add(pathKey(path))
      for (let length = 0; length < path.length; length += 1) trail.add(pathKey(path.slice(0, length)))
    }
    if (!nested) continue
    const children = Array.isArray(value)
      ? value.map((item, index) => [index, item] as const)
      : Object.entries(value)
    // What comes first is looked at first.
    for (const [child, item] of children.toReversed()) left.push({ value: item, path: [...path, child] })
  }
  const more = hits.size > MOST_MATCHES
  return { count: more ? MOST_MATCHES : hits.size, more, hits, trail }
}
