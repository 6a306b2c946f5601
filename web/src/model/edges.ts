/** Edges are strings in the document: `source[.outlet] -> target[.port]`. */

export interface Edge {
  source: string
  outlet: string
  target: string
  port: string
}

export const DEFAULT_OUTLET = 'out'
export const DEFAULT_PORT = 'in'
export const ERROR_OUTLET = 'error'

const NAME = '[A-Za-z_][A-Za-z0-9_]*'
const EDGE = new RegExp(`^\\s*(${NAME})(?:\\.(${NAME}))?\\s*->\\s*(${NAME})(?:\\.(${NAME}))?\\s*$`)

const parsed = new Map<string, Edge | null>()
const CACHE_LIMIT = 20_000

/** The edge, or null when the text is not one. Parsed edges are shared: never change them. */
export function parseEdge(text: string): Edge | null {
  const known = parsed.get(text)
  if (known !== undefined) return known
  const match = EDGE.exec(text)
  const edge: Edge | null = match
    ? {
        source: match[1] ?? '',
        outlet: match[2] ?? DEFAULT_OUTLET,
        target: match[3] ?? '',
        port: match[4] ?? DEFAULT_PORT,
      }
    : null
  if (parsed.size > CACHE_LIMIT) parsed.clear()
  parsed.set(text, edge)
  return edge
}

/** Canonical text: default outlet and port are left out. */
export function formatEdge(edge: Edge): string {
  const source = edge.outlet === DEFAULT_OUTLET ? edge.source : `${edge.source}.${edge.outlet}`
  const target = edge.port === DEFAULT_PORT ? edge.target : `${edge.target}.${edge.port}`
  return `${source} -> ${target}`
}

/** The edges that parse, each with its index in the document. */
export function parseEdges(edges: readonly string[]): (Edge & { index: number })[] {
  return edges.flatMap((text, index) => {
    const edge = parseEdge(text)
    return edge ? [{ ...edge, index }] : []
  })
}

export function sameEdge(left: Edge, right: Edge): boolean {
  return (
    left.source === right.source &&
    left.outlet === right.outlet &&
    left.target === right.target &&
    left.port === right.port
  )
}
