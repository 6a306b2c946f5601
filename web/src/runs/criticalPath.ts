import type { Edge } from '~/model/edges'
import { spanOf, type Tracks } from './segments'

/** Clocks of parts that ran elsewhere may differ by so much (ms). */
const SLACK = 2

/**
 * The nodes that the end of the run hung on, first to last: from the one that ended last, each time back to what it
 * waited for longest. To be quicker, one of these has to be.
 */
export function criticalPath(edges: readonly Edge[], tracks: Tracks): string[] {
  const sources = new Map<string, string[]>()
  for (const { source, target } of edges) sources.set(target, [...(sources.get(target) ?? []), source])
  const endOf = (id: string): number => {
    const track = tracks.get(id)
    const span = track && spanOf(track)
    return span ? (span.to ?? Number.POSITIVE_INFINITY) : Number.NEGATIVE_INFINITY
  }
  const latest = (ids: Iterable<string>, before: number): string | null => {
    let found: string | null = null
    for (const id of ids) {
      const end = endOf(id)
      if (end > before || end === Number.NEGATIVE_INFINITY) continue
      if (found === null || end > endOf(found)) found = id
    }
    return found
  }
  const path: string[] = []
  let at = latest(tracks.keys(), Number.POSITIVE_INFINITY)
  while (at !== null && !path.includes(at)) {
    path.unshift(at)
    const track = tracks.get(at)
    const span = track && spanOf(track)
    at = span ? latest(sources.get(at) ?? [], span.from + SLACK) : null
  }
  return path
}
