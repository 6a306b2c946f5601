import { edgeIndex } from '~/model/edgeIndex'
import type { WorkflowDocument } from '~/model/workflow'
import type { NodeRunView } from './fold'

/** Port to rows; null where a table was never stored. */
export type RowsIn = ReadonlyMap<string, number | null>

/** Rows of the tables that were on a node's wires when it began; undefined without any. */
export function rowsIn(
  node: string,
  document: WorkflowDocument | null,
  viewOf: (name: string) => NodeRunView | undefined,
): RowsIn | undefined {
  const startedAt = viewOf(node)?.startedAt
  if (!document || !startedAt) return undefined
  const counts = new Map<string, number | null>()
  for (const edge of edgeIndex(document.edges ?? []).incoming.get(node) ?? []) {
    const source = viewOf(edge.source)
    const value = source?.outputs[edge.outlet]
    // Taken after the node had begun: nothing came in by it.
    if (value?.kind !== 'table' || !source?.endedAt || source.endedAt > startedAt) continue
    const before = counts.get(edge.port) ?? 0
    const unknown = value.rows === null || counts.get(edge.port) === null
    counts.set(edge.port, unknown ? null : before + (value.rows ?? 0))
  }
  return counts.size === 0 ? undefined : counts
}
