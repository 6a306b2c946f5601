import { Button } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { ErrorNote } from './ErrorNote'
import classes from './LoadMore.module.css'

interface LoadMoreProps {
  label: string
  more: boolean
  loading: boolean
  onMore: () => void
  /** Shown when there is nothing more. */
  end: string
  /** Why the next page did not come; it is not asked for again by itself. */
  error?: { title: string; cause: Error } | null
  /** Why the next page is only fetched when asked for. */
  pause?: string | null
}

/** The foot of a paged list: loads the next page as it comes into view, or by the button. */
export function LoadMore({ label, more, loading, onMore, end, error, pause }: LoadMoreProps) {
  const foot = useRef<HTMLDivElement>(null)
  const load = useRef(onMore)
  load.current = onMore
  const waits = !more || loading || Boolean(error) || Boolean(pause)
  useEffect(() => {
    if (waits || !foot.current) return
    const watcher = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) load.current()
    })
    watcher.observe(foot.current)
    return () => watcher.disconnect()
  }, [waits])
  if (error) return <ErrorNote title={error.title} error={error.cause} onRetry={onMore} />
  return (
    <div ref={foot} className={classes.foot}>
      {pause ? <span role="status">{pause}</span> : null}
      {more ? (
        <Button variant="subtle" size="compact-sm" loading={loading} onClick={onMore}>
          {label}
        </Button>
      ) : (
        end
      )}
    </div>
  )
}
