import { getRouteApi } from '@tanstack/react-router'
import { useEffect, useMemo, useRef } from 'react'
import { words } from '~/i18n'
import { formatPlace, parsePlace } from '~/runs/itemPlace'
import { useRun } from '~/runs/useRun'
import { ErrorNote } from '~/ui/ErrorNote'
import { shortId } from '~/ui/format'
import { PagePending } from '~/ui/PagePending'
import { useSlow } from '~/ui/useSlow'
import { arrivalNode } from './run/arrivalNode'
import { RunHeader } from './run/RunHeader'
import { RunLayout } from './run/RunLayout'
import classes from './run/RunPage.module.css'

const route = getRouteApi('/runs/$id')

/** One run, live: what happened in a sentence, then graph, timeline and the data of each node. */
export function RunPage() {
  const { id } = route.useParams()
  const { node, tab, in: at } = route.useSearch()
  const place = useMemo(() => parsePlace(at), [at])
  const navigate = route.useNavigate()
  const { execution, store, error, reload } = useRun(id)
  const slow = useSlow(!execution && !error)

  const select = (next: string | null) =>
    void navigate({ search: (old) => ({ ...old, node: next ?? undefined }), replace: true })

  // Once per arrival: the eye belongs on what went wrong, but not after somebody has chosen otherwise.
  const arrived = useRef<string | null>(null)
  const first = execution && arrivalNode(execution)
  useEffect(() => {
    if (!first || arrived.current === id) return
    arrived.current = id
    if (!node && !at) void navigate({ search: (old) => ({ ...old, node: first }), replace: true })
  }, [first, id, node, at, navigate])

  if (!execution || !store) {
    return (
      <div className={classes.message}>
        <h1>{words.runs.heading(shortId(id))}</h1>
        {error ? <ErrorNote title={words.runs.pageLoadFailed} error={error} onRetry={reload} /> : null}
        {slow ? <PagePending /> : null}
      </div>
    )
  }
  return (
    <div className={classes.page}>
      <RunHeader execution={execution} store={store} onSelect={select} />
      {error ? <ErrorNote title={words.runs.stale} error={error} onRetry={reload} /> : null}
      <RunLayout
        execution={execution}
        store={store}
        selected={node ?? null}
        onSelect={select}
        tab={tab}
        place={place}
        onPlace={(next) =>
          void navigate({ search: (old) => ({ ...old, in: formatPlace(next) }), replace: true })
        }
        onTab={(next) => void navigate({ search: (old) => ({ ...old, tab: next }), replace: true })}
      />
    </div>
  )
}
