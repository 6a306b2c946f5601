import { useQueries, useQuery } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { useStore } from 'zustand'
import { pinOriginQuery, pinsQuery } from '~/api/pins'
import type { Pin } from '~/api/types'
import type { NodeMark, PlaceStore } from '~/canvas/marks'
import { type Stale, staleness } from '~/model/staleness'
import { useEditor, useEditorHandle } from '../store'
import { marksOf } from './marksOf'
import type { Trial } from './trial'

/** Subscribe to the smallest thing of what is asked about test runs. */
export const useTrial = <T>(select: (trial: Trial) => T): T => useStore(useEditorHandle().trial, select)

const NONE: readonly Pin[] = []

export function usePins(): {
  pins: readonly Pin[]
  error: Error | null
  retry: () => void
  pending: boolean
} {
  const workflow = useEditor((state) => state.root.name)
  const query = useQuery(pinsQuery(workflow))
  return {
    pins: query.data ?? NONE,
    error: query.error,
    retry: () => void query.refetch(),
    pending: query.isPending,
  }
}

/** Pins whose node, or what is before it, is not what it was when the output was made. */
export function useStale(): ReadonlyMap<string, Stale> {
  const root = useEditor((state) => state.root)
  const { pins } = usePins()
  const origins = useMemo(
    () => [...new Set(pins.flatMap(({ origin }) => (origin ? [origin.execution] : [])))],
    [pins],
  )
  const documents = useQueries({
    queries: origins.map((execution) => pinOriginQuery(root.name, execution)),
    combine: (results) => results.map(({ data }) => data),
  })
  return useMemo(() => {
    const found = new Map<string, Stale>()
    for (const { node, origin } of pins) {
      const then = origin ? documents[origins.indexOf(origin.execution)] : undefined
      // Of a value that somebody typed only this can be said.
      const why = staleness(then ?? root, root, node)
      if (why) found.set(node, why)
    }
    return found
  }, [pins, origins, documents, root])
}

/** The marks of all cards, kept up with pins, plan and document. */
export function useMarks(store: PlaceStore<NodeMark>): void {
  const { pins } = usePins()
  const stale = useStale()
  const phase = useTrial((trial) => trial.phase)
  useEffect(() => store.set(marksOf(pins, stale, phase)), [store, pins, stale, phase])
}
