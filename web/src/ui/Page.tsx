import { Title } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './Page.module.css'

interface PageProps {
  title: string
  about?: string
  /** Buttons at the right of the title. */
  actions?: ReactNode
  /** Filters, above the list. */
  toolbar?: ReactNode
  children: ReactNode
}

/** A page with a title and one list: the list scrolls, the head stays. */
export function Page({ title, about, actions, toolbar, children }: PageProps) {
  return (
    <div className={classes.page}>
      <header className={classes.head}>
        <div>
          <Title order={1}>{title}</Title>
          {about ? <p className={classes.about}>{about}</p> : null}
        </div>
        {actions ? <div className={classes.actions}>{actions}</div> : null}
      </header>
      {toolbar ? <div className={classes.toolbar}>{toolbar}</div> : null}
      <div className={classes.content}>{children}</div>
    </div>
  )
}
