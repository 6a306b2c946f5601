import { ActionIcon, Button, Tooltip, UnstyledButton } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { IconBraces, IconCheck, IconChevronDown, IconChevronRight, IconLink } from '@tabler/icons-react'
import { useState } from 'react'
import type { LogLine } from '~/api/types'
import { words } from '~/i18n'
import { formatAbsolute } from '~/ui/format'
import { ansiParts, plainText } from './ansi'
import classes from './LogView.module.css'
import { jsonOf } from './logJson'
import type { LogRow } from './logRows'
import { timeOf } from './moments'

const t = words.runs
/** Of a text with more lines than this only so many are shown at first. */
const SHOWN_LINES = 8

interface LogRowProps {
  row: LogRow
  /** What times count from; null: the time of day. */
  origin: string | null
  showNode: boolean
  marked: boolean
  linkTo: ((line: number) => string) | undefined
  onFill: (after: number) => void
  onFold: (group: string) => void
}

/** One row of a log: a line, a mark where lines are missing, or the head of a group. */
export function LogRowView({ row, onFill, onFold, ...line }: LogRowProps) {
  if (row.kind === 'gap') {
    return (
      <div className={classes.gap} role="note">
        {t.logsGap}
        <Button size="compact-xs" variant="default" onClick={() => onFill(row.after)}>
          {t.logsFill}
        </Button>
      </div>
    )
  }
  if (row.kind === 'group') {
    const Chevron = row.folded ? IconChevronRight : IconChevronDown
    return (
      <UnstyledButton
        className={classes.group}
        aria-expanded={!row.folded}
        data-level={row.worst}
        onClick={() => onFold(row.key)}
      >
        <Chevron size={14} aria-hidden />
        <strong>{t.logsGroupHead(row.node, row.attempt)}</strong>
        <span>{t.logLines(row.count)}</span>
      </UnstyledButton>
    )
  }
  return <Line {...line} line={row.line} />
}

const clock = (iso: string): string => {
  const at = new Date(iso)
  return `${at.toTimeString().slice(0, 8)}.${String(at.getMilliseconds()).padStart(3, '0')}`
}

const since = (iso: string, origin: string): string => {
  const ms = timeOf(iso) - timeOf(origin)
  return `${ms < 0 ? '-' : '+'}${(Math.abs(ms) / 1000).toFixed(3)} s`
}

type LineProps = Pick<LogRowProps, 'origin' | 'showNode' | 'marked' | 'linkTo'> & { line: LogLine }

function Line({ line, origin, showNode, marked, linkTo }: LineProps) {
  const [pretty, setPretty] = useState(false)
  const [open, setOpen] = useState(false)
  const json = jsonOf(plainText(line.text))
  const whole = pretty && json !== null ? JSON.stringify(json, null, 2) : line.text
  const pieces = whole.split('\n')
  const hidden = open || pretty ? 0 : Math.max(0, pieces.length - SHOWN_LINES)
  const text = hidden > 0 ? pieces.slice(0, SHOWN_LINES).join('\n') : whole
  const level = line.level.toLowerCase()
  return (
    <div
      className={classes.line}
      data-level={level}
      data-marked={marked || undefined}
      data-testid={`log-${line.n}`}
    >
      <time dateTime={line.at} title={formatAbsolute(line.at)}>
        {origin === null ? clock(line.at) : since(line.at, origin)}
      </time>
      <span className={classes.level}>{level}</span>
      {showNode ? (
        <span className={classes.node} title={t.logsGroupHead(line.node, line.attempt)}>
          {line.node}
          {line.attempt > 1 ? <span className={classes.attempt}> #{line.attempt}</span> : null}
        </span>
      ) : null}
      <span className={classes.text}>
        {ansiParts(text).map((part, index) => (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text never move.
            key={index}
            data-ansi={part.colour ?? undefined}
            data-bold={part.bold || undefined}
            data-dim={part.dim || undefined}
          >
            {part.text}
          </span>
        ))}
        {pieces.length > SHOWN_LINES && !pretty ? (
          <UnstyledButton className={classes.more} aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? t.logsFold : t.logsMoreText(hidden)}
          </UnstyledButton>
        ) : null}
      </span>
      <span className={classes.actions}>
        {json === null ? null : (
          <LineAction
            label={pretty ? t.logsPlain : t.logsJson}
            pressed={pretty}
            onClick={() => setPretty(!pretty)}
          >
            <IconBraces size={13} />
          </LineAction>
        )}
        {linkTo ? <LinkCopy href={linkTo(line.n)} /> : null}
      </span>
    </div>
  )
}

function LinkCopy({ href }: { href: string }) {
  const clipboard = useClipboard({ timeout: 1500 })
  return (
    <LineAction
      label={clipboard.copied ? t.copied : t.logsLink}
      onClick={() => clipboard.copy(new URL(href, window.location.href).href)}
    >
      {clipboard.copied ? <IconCheck size={13} /> : <IconLink size={13} />}
    </LineAction>
  )
}

interface LineActionProps {
  label: string
  pressed?: boolean
  onClick: () => void
  children: React.ReactNode
}

function LineAction({ label, pressed, onClick, children }: LineActionProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon size={18} aria-label={label} aria-pressed={pressed} onClick={onClick}>
        {children}
      </ActionIcon>
    </Tooltip>
  )
}
