import { Button } from '@mantine/core'
import type { ErrorComponentProps } from '@tanstack/react-router'
import { words } from '~/i18n'
import { EmptyState } from './EmptyState'

export function PageError({ error, reset }: ErrorComponentProps) {
  return (
    <EmptyState
      order={1}
      title={words.shell.errorTitle}
      text={error instanceof Error ? error.message : String(error)}
    >
      <Button onClick={reset}>{words.shell.tryAgain}</Button>
    </EmptyState>
  )
}
