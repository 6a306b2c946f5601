import { ActionIcon, Button, Select, Switch, Tooltip } from '@mantine/core'
import { IconArrowsHorizontal, IconZoomIn, IconZoomOut } from '@tabler/icons-react'
import { words } from '~/i18n'
import type { SegmentKind } from './segments'
import classes from './Timeline.module.css'
import { TIMELINE_SORTS, type TimelineSort } from './timelineRows'
import type { TimelineView } from './useTimelineRange'

const t = words.timeline
const KINDS: readonly SegmentKind[] = ['queued', 'running', 'inside', 'time', 'people', 'retrying']

interface ToolsProps {
  view: TimelineView
  sort: TimelineSort
  onSort: (sort: TimelineSort) => void
  apart: boolean
  onApart: (apart: boolean) => void
  critical: boolean
  onCritical: (critical: boolean) => void
  /** What the critical path came to, when it is shown. */
  criticalIs: string | null
  /** Kinds of stretches that are there; what a plain bar means needs no word. */
  kinds: ReadonlySet<SegmentKind>
  /** Of a run that was retried: show everything. */
  onAllTries: (() => void) | null
}

/** Above the bars: sort, what is shown of them, and the zoom. */
export function TimelineTools(props: ToolsProps) {
  const { view, sort, onSort, apart, onApart, critical, onCritical, criticalIs, kinds, onAllTries } = props
  return (
    <div className={classes.tools}>
      <Select
        w={118}
        aria-label={t.sort}
        allowDeselect={false}
        value={sort}
        data={TIMELINE_SORTS.map((value) => ({ value, label: t.sorts[value] }))}
        onChange={(next) => onSort(TIMELINE_SORTS.find((one) => one === next) ?? 'start')}
      />
      <Switch label={t.attempts} checked={apart} onChange={(event) => onApart(event.currentTarget.checked)} />
      <Tooltip label={t.criticalHelp}>
        <div>
          <Switch
            label={t.critical}
            checked={critical}
            onChange={(event) => onCritical(event.currentTarget.checked)}
          />
        </div>
      </Tooltip>
      {criticalIs === null ? null : <span className={classes.quiet}>{criticalIs}</span>}
      <ul className={classes.legend} aria-label={t.legend}>
        {KINDS.filter((kind) => kinds.size > 1 && kinds.has(kind)).map((kind) => (
          <li key={kind}>
            <span className={classes.swatch} data-kind={kind} aria-hidden />
            {t.kinds[kind]}
          </li>
        ))}
      </ul>
      {onAllTries ? (
        <Button size="compact-xs" variant="default" onClick={onAllTries} title={t.allTriesHelp}>
          {t.allTries}
        </Button>
      ) : null}
      <div className={classes.zoom}>
        <Tool label={t.zoomOut} onClick={() => view.zoom('out')} disabled={view.fits}>
          <IconZoomOut size={15} />
        </Tool>
        <Tool label={t.zoomIn} onClick={() => view.zoom('in')}>
          <IconZoomIn size={15} />
        </Tool>
        <Tool label={t.fit} onClick={view.fit} disabled={view.fits}>
          <IconArrowsHorizontal size={15} />
        </Tool>
      </div>
    </div>
  )
}

interface ToolProps {
  label: string
  onClick: () => void
  disabled?: boolean
  children: React.ReactNode
}

function Tool({ label, onClick, disabled, children }: ToolProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon size={24} aria-label={label} onClick={onClick} disabled={disabled}>
        {children}
      </ActionIcon>
    </Tooltip>
  )
}
