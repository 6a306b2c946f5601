import { Tooltip } from '@mantine/core'
import { elapsed, formatAbsolute, formatDuration, formatRelative } from './format'
import { useNow } from './useNow'

interface TimeProps {
  at: string | null
  every?: number
  /** With the browser's own hint, which costs nothing: for lists whose rows come and go while they scroll. */
  plain?: boolean
}

/** A moment: relative to now, the exact time on hover. */
export function Time({ at, every = 10_000, plain = false }: TimeProps) {
  const now = useNow(every)
  if (!at) return <span aria-hidden>–</span>
  if (plain)
    return (
      <time dateTime={at} title={formatAbsolute(at)}>
        {formatRelative(at, now)}
      </time>
    )
  return (
    <Tooltip label={formatAbsolute(at)}>
      <time dateTime={at}>{formatRelative(at, now)}</time>
    </Tooltip>
  )
}

/** How long something took, or has been taking so far. */
export function Duration({ start, end }: { start: string | null; end: string | null }) {
  const live = start !== null && end === null
  const now = useNow(live ? 250 : null)
  const ms = elapsed(start, end, now)
  return <span>{ms === null ? '–' : formatDuration(ms)}</span>
}
