import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { executionsQuery } from '~/api/executions'
import { words } from '~/i18n'
import { occasionOf } from '~/runs/occasion'
import { ErrorNote } from '~/ui/ErrorNote'
import { shortId } from '~/ui/format'
import { StatusBadge } from '~/ui/StatusBadge'
import { Duration, Time } from '~/ui/Time'
import { showExecution } from '../actions/run'
import { useDispatch, useEditor } from '../store'
import classes from './Drawer.module.css'

const t = words.editor.drawer
const LATEST = 20

/** The latest runs of this workflow; each can be shown on the canvas. */
export function RunsPanel() {
  const dispatch = useDispatch()
  const workflow = useEditor((state) => state.saved.document.name)
  const shown = useEditor((state) => state.execution)
  const runs = useInfiniteQuery(executionsQuery({ workflow }, LATEST))
  const items = runs.data?.pages[0]?.items ?? []
  if (runs.error) return <ErrorNote error={runs.error} onRetry={() => void runs.refetch()} />
  if (runs.data && items.length === 0) {
    return (
      <p className={classes.note}>
        {t.noRuns}. {t.noRunsHelp}
      </p>
    )
  }
  return items.map((run) => (
    <div key={run.id} className={classes.runRow}>
      <StatusBadge status={run.status} />
      <Link to="/runs/$id" params={{ id: run.id }} search={{}}>
        {shortId(run.id)} · v{run.version}
      </Link>
      <Duration start={run.started_at} end={run.ended_at} />
      {shown === run.id ? (
        <span className={classes.muted}>{t.shown}</span>
      ) : (
        <Button variant="subtle" size="compact-xs" onClick={() => dispatch(showExecution, run.id)}>
          {t.showRun}
        </Button>
      )}
      <span className={classes.muted}>
        {occasionOf(run).map((told) => `${told} · `)}
        <Time at={run.created_at} />
      </span>
    </div>
  ))
}
