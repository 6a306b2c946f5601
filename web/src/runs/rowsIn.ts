import { parseEdges } from '~/model/edges'
import type { WorkflowDocument } from '~/model/workflow'
import type { NodeRunView } from './fold'

/** Rows of all tables that were on a node's wires when it began, as `tables_in` of the server; undefined without any,
 * null when one of them was never stored. */
export function rowsIn(
  node: string,
  document: WorkflowDocument | null,
  viewOf: (name: string) => NodeRunView | undefined,
): number | null | undefined {
  const startedAt = viewOf(node)?.startedAt
  if (!document || !startedAt) return undefined
  const counts = parseEdges(document.edges ?? []).flatMap((edge) => {
    if (edge.target !== node) return []
    const source = viewOf(edge.source)
    const value = source?.outputs[edge.outlet]
    // Taken after the node had begun: nothing came in by it.
    if (value?.kind !== 'table' || !source?.endedAt || source.endedAt > startedAt) return []
    return [value.rows]
  })
  if (counts.length === 0) return undefined
  return counts.reduce((sum, rows) => (sum === null || rows === null ? null : sum + rows), 0)
}
