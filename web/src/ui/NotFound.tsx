import { words } from '~/i18n'
import { EmptyState } from './EmptyState'
import { LinkButton } from './LinkButton'

export function NotFound() {
  return (
    <EmptyState order={1} title={words.shell.notFoundTitle} text={words.shell.notFoundText}>
      <LinkButton to="/workflows">{words.shell.toWorkflows}</LinkButton>
    </EmptyState>
  )
}
