/** The list of problems as it stands: the server's when it is of this document, else with the browser's own. */

import type { ProblemCount } from '~/canvas/toFlow'
import { mergeProblems, problemNode } from '~/model/validate'
import type { Problem, WorkflowDocument } from '~/model/workflow'
import type { EditorState } from './state'

const known = new WeakMap<EditorState['checks'], { document: WorkflowDocument; list: readonly Problem[] }>()

export function problemsOf(state: EditorState): readonly Problem[] {
  const { checks, document } = state
  const cached = known.get(checks)
  if (cached?.document === document) return cached.list
  const list =
    checks.of === document ? checks.server : mergeProblems(checks.instant, stillTrue(checks.server, document))
  known.set(checks, { document, list })
  return list
}

/** What the server said of an earlier document: wires may have changed, settings probably still are as they were. */
function stillTrue(problems: readonly Problem[], document: WorkflowDocument): Problem[] {
  return problems.filter((problem) => {
    const [root, id, part] = problem.pointer.split('/').slice(1)
    return root === 'nodes' ? id !== undefined && id in document.nodes && part === 'config' : root !== 'edges'
  })
}

export const isError = (problem: Problem): boolean => problem.severity === 'error'

/** How many problems each node has. */
export function countByNode(
  document: WorkflowDocument,
  problems: readonly Problem[],
): Map<string, ProblemCount> {
  const counts = new Map<string, ProblemCount>()
  for (const problem of problems) {
    const id = problemNode(document, problem)
    if (id === null) continue
    const known = counts.get(id) ?? { errors: 0, warnings: 0, first: problem.message }
    if (isError(problem)) known.errors += 1
    else known.warnings += 1
    counts.set(id, known)
  }
  return counts
}
