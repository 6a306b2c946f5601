import type { UseQueryResult } from '@tanstack/react-query'
import { type ReactNode, useMemo } from 'react'
import type { Workflow } from '~/api/types'
import { Canvas } from '~/canvas/Canvas'
import type { CanvasFrames } from '~/canvas/context'
import { words } from '~/i18n'
import { openBody } from '~/model/bodies'
import { indexNodeTypes, type NodeType } from '~/model/nodeType'
import { completeDocument } from '~/model/workflow'
import type { ItemPlace } from '~/runs/itemPlace'
import type { RunStatusStore } from '~/runs/state'
import { ErrorNote } from '~/ui/ErrorNote'
import classes from './RunPage.module.css'

interface RunGraphProps {
  workflow: UseQueryResult<Workflow>
  place: ItemPlace
  types: UseQueryResult<NodeType[]>
  store: RunStatusStore
  selected: string | null
  onSelect: (node: string | null) => void
  onOpen: (node: string) => void
  frames?: CanvasFrames
  children?: ReactNode
}

/** The graph of the version that ran, with the state of each node. */
export function RunGraph({
  workflow,
  types,
  store,
  place,
  selected,
  onSelect,
  onOpen,
  frames,
  children,
}: RunGraphProps) {
  const document = useMemo(
    () => (workflow.data ? completeDocument(workflow.data.document) : null),
    [workflow.data],
  )
  const path = place.map((step) => step.node)
  const index = useMemo(() => (types.data ? indexNodeTypes(types.data) : null), [types.data])
  const error = workflow.error ?? types.error
  if (error) {
    const retry = () => void Promise.all([workflow.refetch(), types.refetch()])
    return (
      <div className={classes.padded}>
        <ErrorNote title={words.runs.documentFailed} error={error} onRetry={retry} />
      </div>
    )
  }
  return (
    <div className={classes.graph}>
      {document && index ? (
        <Canvas
          key={path.join('/')}
          document={openBody(document, path)}
          nodeTypes={index}
          status={store}
          selected={selected}
          onSelect={onSelect}
          onOpen={onOpen}
          frames={frames}
          readOnly
        />
      ) : null}
      {children}
    </div>
  )
}
