import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import { type ScopePlace, scopeQuery, tryExpression } from '~/api/evaluate'
import type { ExpressionScope } from '~/api/types'
import type { Suggestions, Trying } from '~/forms/context'
import { openBody } from '~/model/bodies'
import type { RunStatusStore } from '~/runs/state'
import { pathsOf, sliceFor, tablesOf } from './scopePaths'
import { useEditor } from './store'

export interface Scope {
  suggestions: Suggestions
  trying: Trying
  /** As the server told it; undefined before it has, or where nothing was saved yet. */
  told: ExpressionScope | undefined
  /** It has not told yet. */
  pending: boolean
}

const PAUSE_MS = 500
const NOTHING: ExpressionScope['items'] = []

/** What expressions at a node may name and what they give: with the shown run, or with the newest that has data. */
export function useScope(id: string, store: RunStatusStore | null, indexes: readonly number[]): Scope {
  const root = useEditor((state) => state.root)
  const path = useEditor((state) => state.path)
  const execution = useEditor((state) => state.execution)
  const workflow = useEditor((state) => state.saved.document.name)
  const version = useEditor((state) => state.saved.version)
  const steps = useSteps(store)
  const place = useMemo<ScopePlace>(
    () => ({ workflow, node: id, path, execution, indexes }),
    [workflow, id, path, execution, indexes],
  )
  const age = `${version}.${steps}`
  const { data: told, isPending: pending } = useQuery({
    ...scopeQuery(place, age),
    placeholderData: keepPreviousData,
  })
  const slice = useMemo(() => sliceFor(root, path, id), [root, path, id])
  const suggestions = useMemo<Suggestions>(() => {
    const tree = told?.items ?? NOTHING
    const names = { root, path, id, tree }
    const tables = tablesOf(openBody(root, path), id, tree)
    return {
      paths: pathsOf(names),
      tables,
      columns: [...new Set(Object.values(tables).flat())],
      filters: told?.filters,
      tests: told?.tests,
    }
  }, [told, root, path, id])
  const trying = useMemo<Trying>(
    () => ({
      key: JSON.stringify([place, age, slice]),
      evaluate: async (text, perItem, signal) => {
        const found = await tryExpression(place, { document: slice, text, perItem }, signal)
        return { ...found, truncated: found.truncated ?? false, error: found.error ?? null }
      },
    }),
    [place, age, slice],
  )
  return { suggestions, trying, told, pending }
}

/** Counts the pauses of a run that goes on: what it gave so far can be asked for then. */
function useSteps(store: RunStatusStore | null): number {
  const [steps, setSteps] = useState(0)
  useEffect(() => {
    if (!store) return
    let timer: ReturnType<typeof setTimeout> | undefined
    const leave = store.subscribeAll(() => {
      clearTimeout(timer)
      timer = setTimeout(() => setSteps((count) => count + 1), PAUSE_MS)
    })
    return () => {
      clearTimeout(timer)
      leave()
    }
  }, [store])
  return steps
}
