import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useSteerExecution } from '~/api/control'
import { words } from '~/i18n'
import { isEnded } from '~/runs/fold'
import type { FollowedRun } from '~/runs/useRun'
import { StatusBadge } from '~/ui/StatusBadge'
import { Duration } from '~/ui/Time'
import { showExecution } from './actions/run'
import classes from './Editor.module.css'
import { useDispatch, useEditor } from './store'

const t = words.editor.bar

/** The run whose status the canvas shows. */
export function RunStrip({ run }: { run: FollowedRun }) {
  const dispatch = useDispatch()
  const cancel = useSteerExecution()
  const { execution } = run
  const version = useEditor((state) => state.saved.version)
  const hide = (
    <Tooltip label={t.hideRun}>
      <ActionIcon size={22} aria-label={t.hideRun} onClick={() => dispatch(showExecution, null)}>
        <IconX size={14} stroke={1.8} />
      </ActionIcon>
    </Tooltip>
  )
  if (!execution) {
    if (!run.error) return null
    return (
      <div className={classes.run} title={run.error.message} role="alert">
        {t.runMissing}
        {hide}
      </div>
    )
  }
  return (
    <div className={classes.run} data-testid="run-strip" data-status={execution.status}>
      <StatusBadge status={execution.status} />
      <Duration start={execution.started_at} end={execution.ended_at} />
      {execution.version === version ? null : (
        <Tooltip label={words.runs.otherVersionHelp(execution.version, version)} multiline maw={320}>
          <span className={classes.otherVersion} data-testid="other-version">
            {words.runs.otherVersion(execution.version, version)}
          </span>
        </Tooltip>
      )}
      <Link to="/runs/$id" params={{ id: execution.id }} search={{}}>
        {t.openRun}
      </Link>
      {isEnded(execution.status) ? null : (
        <Button
          variant="subtle"
          color="red"
          size="compact-xs"
          loading={cancel.isPending}
          onClick={() => cancel.mutate({ id: execution.id, request: 'cancel' })}
        >
          {t.stopRun}
        </Button>
      )}
      {hide}
    </div>
  )
}
