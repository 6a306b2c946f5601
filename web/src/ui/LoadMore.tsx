import { Button } from '@mantine/core'
import { useEffect, useRef } from 'react'
import classes from './LoadMore.module.css'

interface LoadMoreProps {
  label: string
  more: boolean
  loading: boolean
  onMore: () => void
  /** Shown when there is nothing more. */
  end: string
}

/** The foot of a paged list: loads the next page as it comes into view, or by the button. */
export function LoadMore({ label, more, loading, onMore, end }: LoadMoreProps) {
  const foot = useRef<HTMLDivElement>(null)
  const load = useRef(onMore)
  load.current = onMore
  useEffect(() => {
    if (!more || loading || !foot.current) return
    const watcher = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) load.current()
    })
    watcher.observe(foot.current)
    return () => watcher.disconnect()
  }, [more, loading])
  return (
    <div ref={foot} className={classes.foot}>
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
