import type { ReactNode } from 'react'
import type { FollowedRun } from '~/runs/useRun'
import { soleNode } from '../state'
import { useEditor } from '../store'
import { NodeInspector } from './NodeInspector'
import { SelectionInspector } from './SelectionInspector'
import { WorkflowInspector } from './WorkflowInspector'

interface InspectorContentProps {
  run: FollowedRun
  width: number
  aside: ReactNode
}

/** A node, several things, or the workflow itself: by what is chosen. */
export function InspectorContent({ run, width, aside }: InspectorContentProps) {
  const node = useEditor(soleNode)
  const chosen = useEditor((state) => state.selection.nodes.length + state.selection.edges.length)
  if (node !== null) return <NodeInspector key={node} id={node} run={run} width={width} aside={aside} />
  return chosen > 0 ? <SelectionInspector aside={aside} /> : <WorkflowInspector aside={aside} />
}
