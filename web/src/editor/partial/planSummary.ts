/** A plan in numbers and names, for the words above the canvas. Pure. */

import type { RunPlan } from '~/api/types'
import { nodeTitle, type WorkflowDocument } from '~/model/workflow'

export interface PlanSummary {
  /** Titles of the nodes that will run. */
  runs: string[]
  /** Those of them that change something outside. */
  writes: string[]
  /** Nodes whose output is taken though they have changed since. */
  changed: string[]
  reused: number
  pinned: number
  skipped: number
}

export function summarise(plan: RunPlan, document: WorkflowDocument): PlanSummary {
  const summary: PlanSummary = { runs: [], writes: [], changed: [], reused: 0, pinned: 0, skipped: 0 }
  for (const [place, line] of Object.entries(plan.nodes)) {
    const title = nodeTitle(place, document.nodes[place])
    if (line.action === 'run') summary.runs.push(title)
    if (line.action === 'run' && line.effect === 'write') summary.writes.push(title)
    if (line.action === 'reuse') summary.reused += 1
    if (line.changed) summary.changed.push(title)
    if (line.action === 'pin') summary.pinned += 1
    if (line.action === 'skip') summary.skipped += 1
  }
  return summary
}
