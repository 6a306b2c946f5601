import { words } from '~/i18n'
import { shownStatus } from '~/runs/fold'
import { InputTab } from '~/runs/InputTab'
import { OutputTab } from '~/runs/OutputTab'
import { ReusedFrom } from '~/runs/ReusedFrom'
import { type FollowedRun, useNodeRun } from '~/runs/useRun'
import { EmptyState } from '~/ui/EmptyState'
import { ErrorNote } from '~/ui/ErrorNote'
import { StatusBadge } from '~/ui/StatusBadge'
import { Duration } from '~/ui/Time'
import { useEditor } from '../store'
import classes from './Inspector.module.css'

const t = words.editor.inspector

interface NodeDataTabProps {
  id: string
  run: FollowedRun
  side: 'input' | 'output'
}

/** The rows that came in or went out of a node in the shown run. */
export function NodeDataTab({ id, run, side }: NodeDataTabProps) {
  const document = useEditor((state) => state.document)
  const view = useNodeRun(run.store, id)
  const { execution, store } = run
  if (!execution || !store) {
    return run.error ? (
      <ErrorNote error={run.error} onRetry={run.reload} />
    ) : (
      <EmptyState title={t.noRun} text={t.noRunHelp} />
    )
  }
  if (side === 'input')
    return <InputTab execution={execution.id} node={id} document={document} store={store} />
  return (
    <>
      <div className={classes.facts}>
        <StatusBadge status={view ? shownStatus(view) : 'pending'} variant="pill" />
        {view?.reused ? <ReusedFrom origin={view.reused} /> : null}
        {view?.startedAt ? <Duration start={view.startedAt} end={view.endedAt} /> : null}
      </div>
      {view?.error && view.status !== 'succeeded' ? <ErrorNote error={view.error} /> : null}
      <OutputTab execution={execution.id} node={id} view={view} />
    </>
  )
}
