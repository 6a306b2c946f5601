import type { MadeValue } from '~/api/types'

/** One value in a tree of what others were made of; `via` says how it came in. */
export interface Branch {
  node: string
  outlet: string
  via: { port: string } | { reads: true } | null
  depth: number
  /** It is further up in the list already; what is behind it is told of there. */
  again: boolean
}

type Link = Omit<Branch, 'depth' | 'again'>

const keyOf = (node: string, outlet: string): string => `${node} ${outlet}`

function sources(made: MadeValue, items: readonly MadeValue[]): Link[] {
  const read = made.reads.flatMap((node) =>
    items
      .filter((other) => other.node === node)
      .map((other) => ({ node, outlet: other.outlet, via: { reads: true as const } })),
  )
  const wired = made.inputs.map(({ node, outlet, port }) => ({ node, outlet, via: { port } }))
  return [...wired, ...read.filter((link) => !wired.some((other) => other.node === link.node))]
}

/** All that a value was made of (`up`), or that was made of it (`down`), nearest first, as an indented list. */
export function lineageTree(
  items: readonly MadeValue[],
  node: string,
  outlet: string,
  direction: 'up' | 'down',
): Branch[] {
  const made = new Map(items.map((item) => [keyOf(item.node, item.outlet), item]))
  const up = new Map([...made].map(([key, item]) => [key, sources(item, items)]))
  const down = new Map<string, Link[]>()
  for (const item of items) {
    for (const link of up.get(keyOf(item.node, item.outlet)) ?? []) {
      const key = keyOf(link.node, link.outlet)
      down.set(key, [...(down.get(key) ?? []), { node: item.node, outlet: item.outlet, via: link.via }])
    }
  }
  const next = direction === 'up' ? up : down
  const seen = new Set<string>()
  const walk = (at: string, depth: number): Branch[] =>
    (next.get(at) ?? []).flatMap((link) => {
      const key = keyOf(link.node, link.outlet)
      const again = seen.has(key)
      seen.add(key)
      return [{ ...link, depth, again }, ...(again ? [] : walk(key, depth + 1))]
    })
  return walk(keyOf(node, outlet), 0)
}
