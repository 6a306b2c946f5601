import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo, useRef } from 'react'
import { durationsQuery } from '~/api/durations'
import type { Execution } from '~/api/types'
import { words } from '~/i18n'
import { formatPlace, parsePlace } from '~/runs/itemPlace'
import type { RunStatusStore } from '~/runs/state'
import { typicalOf } from '~/runs/typical'
import { useRun } from '~/runs/useRun'
import { useShownRun } from '~/runs/useShownRun'
import { ErrorNote } from '~/ui/ErrorNote'
import { shortId } from '~/ui/format'
import { PagePending } from '~/ui/PagePending'
import { useSlow } from '~/ui/useSlow'
import { arrivalNode } from './run/arrivalNode'
import { RunHeader } from './run/RunHeader'
import { RunLayout } from './run/RunLayout'
import classes from './run/RunPage.module.css'
import { TimeTravelBar } from './run/TimeTravelBar'
import { useTravel } from './run/useTravel'

const route = getRouteApi('/runs/$id')

/** One run, live or at a moment of its past: what happened in a sentence, its graph and views, the data of each node. */
export function RunPage() {
  const { id } = route.useParams()
  const { execution, store, error, reload } = useRun(id)
  const slow = useSlow(!execution && !error)
  if (!execution || !store) {
    return (
      <div className={classes.message}>
        <h1>{words.runs.heading(shortId(id))}</h1>
        {error ? <ErrorNote title={words.runs.pageLoadFailed} error={error} onRetry={reload} /> : null}
        {slow ? <PagePending /> : null}
      </div>
    )
  }
  return <LoadedRun key={id} execution={execution} store={store} error={error} reload={reload} />
}

interface LoadedRunProps {
  execution: Execution
  store: RunStatusStore
  error: Error | null
  reload: () => void
}

function LoadedRun({ execution, store, error, reload }: LoadedRunProps) {
  const { node, tab, in: at, view, at: moment, line } = route.useSearch()
  const place = useMemo(() => parsePlace(at), [at])
  const navigate = route.useNavigate()
  const select = (next: string | null) =>
    void navigate({ search: (old) => ({ ...old, node: next ?? undefined }), replace: true })
  const travel = useTravel(
    moment,
    useCallback(
      (next) => void navigate({ search: (old) => ({ ...old, at: next ?? undefined }), replace: true }),
      [navigate],
    ),
  )
  const shown = useShownRun(execution, store, place, travel.at)
  const durations = useQuery(durationsQuery(execution.workflow)).data
  const typical = useMemo(
    () => (durations ? typicalOf(durations, execution.id) : null),
    [durations, execution.id],
  )
  const leave = useCallback(() => travel.go(null), [travel.go])
  useArrival(execution, node !== undefined || at !== undefined || line !== undefined)

  return (
    <div className={classes.page}>
      <RunHeader
        execution={shown.run}
        store={shown.item ? store : shown.store}
        typical={typical}
        moment={shown.moment?.time ?? null}
        onSelect={select}
        onTravel={() => travel.go(Math.max(1, execution.seq))}
      />
      {error ? <ErrorNote title={words.runs.stale} error={error} onRetry={reload} /> : null}
      {travel.at === null ? null : (
        <TimeTravelBar
          id={execution.id}
          seq={shown.moment?.seq ?? travel.at}
          onSeq={travel.go}
          onLeave={leave}
        />
      )}
      <RunLayout
        present={execution}
        shown={shown}
        typical={typical}
        selected={node ?? null}
        onSelect={select}
        tab={tab}
        onTab={(next) => void navigate({ search: (old) => ({ ...old, tab: next }), replace: true })}
        view={view}
        onView={(next) =>
          void navigate({ search: (old) => ({ ...old, view: next, line: undefined }), replace: true })
        }
        line={line}
        onTravel={travel.go}
        place={place}
        onPlace={(next) =>
          void navigate({ search: (old) => ({ ...old, in: formatPlace(next) }), replace: true })
        }
      />
    </div>
  )
}

/** Once per arrival: the eye belongs on what went wrong, but not after somebody has chosen otherwise. */
function useArrival(execution: Execution, chosen: boolean): void {
  const navigate = route.useNavigate()
  const arrived = useRef(false)
  const first = arrivalNode(execution)
  useEffect(() => {
    if (!first || arrived.current) return
    arrived.current = true
    if (!chosen) void navigate({ search: (old) => ({ ...old, node: first }), replace: true })
  }, [first, chosen, navigate])
}
