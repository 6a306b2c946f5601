/** The list of problems as it stands: the server's when it is of this document, else with the browser's own. */

import type { ProblemCount } from '~/canvas/toFlow'
import { type BodyPath, bodyOf, openBody, problemsIn } from '~/model/bodies'
import { mergeProblems, problemNode } from '~/model/validate'
import type { Problem, WorkflowDocument } from '~/model/workflow'
import type { EditorState } from './state'

const known = new WeakMap<EditorState['checks'], { document: WorkflowDocument; list: readonly Problem[] }>()

export function problemsOf(state: EditorState): readonly Problem[] {
  const { checks, root: document } = state
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
    const { path, pointer } = bodyOf(problem)
    const [root, id, part] = pointer.split('/').slice(1)
    if (root !== 'nodes') return root !== 'edges'
    return id !== undefined && id in openBody(document, path).nodes && part === 'config'
  })
}

const inGraph = new WeakMap<readonly Problem[], { path: BodyPath; list: readonly Problem[] }>()

/** Those of the open graph, with pointers as it has them. */
export function graphProblemsOf(state: EditorState): readonly Problem[] {
  const all = problemsOf(state)
  const cached = inGraph.get(all)
  if (cached?.path === state.path) return cached.list
  const list = problemsIn(all, state.path)
  inGraph.set(all, { path: state.path, list })
  return list
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

/** How many problems each node on the canvas has, by its name there; a container has those inside of it too. */
export function countOnCanvas(
  { root, canvas, frames }: Pick<EditorState, 'root' | 'canvas' | 'frames'>,
  problems: readonly Problem[],
): Map<string, ProblemCount> {
  const prefix = canvas.map((name) => `${name}/`).join('')
  const counts = countByNode(openBody(root, canvas), problemsIn(problems, canvas))
  for (const place of frames) {
    if (!place.startsWith(prefix)) continue
    const path = place.split('/')
    const inside = countByNode(openBody(root, path), problemsIn(problems, path))
    for (const [id, count] of inside) counts.set(`${place.slice(prefix.length)}/${id}`, count)
  }
  return counts
}

/** How many problems each node has, those of bodies under `container/node`. */
export function countByPath(problems: readonly Problem[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const problem of problems) {
    const { path, pointer } = bodyOf(problem)
    const [root, id] = pointer.split('/').slice(1)
    if (root !== 'nodes' || id === undefined) continue
    const key = [...path, id].join('/')
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}
