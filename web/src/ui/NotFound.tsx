import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { words } from '~/i18n'
import { EmptyState } from './EmptyState'

export function NotFound() {
  return (
    <EmptyState title={words.shell.notFoundTitle} text={words.shell.notFoundText}>
      <Button component={Link} to="/workflows">
        {words.shell.toWorkflows}
      </Button>
    </EmptyState>
  )
}
