import type { ReactNode } from 'react'
import { ErrorNote } from '~/ui/ErrorNote'
import classes from './Home.module.css'

interface CardProps {
  title: string
  /** At the right of the title: where there is more. */
  more?: ReactNode
  failed?: string
  query?: { error: Error | null; data: unknown; refetch: () => unknown }
  children: ReactNode
}

/** One answer of the home page; what could not be asked says so in its place. */
export function Card({ title, more, failed, query, children }: CardProps) {
  return (
    <section className={classes.card} aria-label={title}>
      <header className={classes.cardHead}>
        <h3 className={classes.cardTitle}>{title}</h3>
        {more}
      </header>
      {query?.error && query.data === undefined ? (
        <ErrorNote title={failed} error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        children
      )}
    </section>
  )
}
