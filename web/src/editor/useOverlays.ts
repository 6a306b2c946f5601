import { useEffect, useMemo, useState } from 'react'
import type { Person } from '~/api/types'
import { createOverlays } from '~/canvas/marks'
import { openBody } from '~/model/bodies'
import { diffDocuments, withRemoved } from '~/model/diff'
import type { WorkflowDocument } from '~/model/workflow'
import { changesOf, visitorsOf } from './overlays'
import { useMarks } from './partial/usePins'
import { useEditor } from './store'

/** Pins and plans, other people, and differences to another version, drawn over the graph that is open. */
export function useOverlays(people: readonly Person[]) {
  const [over] = useState(createOverlays)
  const path = useEditor((state) => state.canvas)
  const root = useEditor((state) => state.root)
  const comparison = useEditor((state) => state.comparison)
  useMarks(over.marks)
  useEffect(() => over.visitors.set(visitorsOf(people)), [over, people])
  const to = comparison?.to ?? root
  const changes = useMemo(
    () => (comparison ? changesOf(diffDocuments(comparison.from, to)) : new Map()),
    [comparison, to],
  )
  useEffect(() => over.changes.set(changes), [over, changes])
  return useMemo(() => ({ over, prefix: path.map((id) => `${id}/`).join('') }), [over, path])
}

/** What fills the canvas: a graph, while versions are compared with what was removed from it. */
export function useShownGraph(): WorkflowDocument {
  const path = useEditor((state) => state.canvas)
  const document = useEditor((state) => openBody(state.root, state.canvas))
  const comparison = useEditor((state) => state.comparison)
  return useMemo(() => {
    if (!comparison) return document
    const to = comparison.to ? openBody(comparison.to, path) : document
    return withRemoved(openBody(comparison.from, path), to)
  }, [document, path, comparison])
}
