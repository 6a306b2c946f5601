import { Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './EmptyState.module.css'

interface EmptyStateProps {
  title: string
  /** 1 where nothing else heads the page. */
  order?: 1 | 2
  text?: ReactNode
  /** A picture of the thing itself, e.g. a small graph. */
  picture?: ReactNode
  /** One button. */
  children?: ReactNode
}

/** A page or panel without content: what belongs here, and the one step that fills it. */
export function EmptyState({ title, order = 2, text, picture, children }: EmptyStateProps) {
  return (
    <div className={classes.box}>
      {picture}
      <Title order={order} size="h2">
        {title}
      </Title>
      {text ? (
        <Text c="dimmed" maw={460} ta="center">
          {text}
        </Text>
      ) : null}
      {children ? <div className={classes.actions}>{children}</div> : null}
    </div>
  )
}
