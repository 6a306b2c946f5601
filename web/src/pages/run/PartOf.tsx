import { Link } from '@tanstack/react-router'
import type { Execution } from '~/api/types'
import { words } from '~/i18n'
import { shortId } from '~/ui/format'

const t = words.runs

/** The run that this one was started for, and its node. */
export function PartOf({ execution }: { execution: Execution }) {
  const part = execution.part_of
  if (!part) return null
  const items = part.kind === 'each' ? `${t.partItems(part.offset, part.offset + part.count - 1)} ` : ''
  return (
    <>
      {' · '}
      {t.partOf[part.kind]}{' '}
      <Link to="/runs/$id" params={{ id: part.execution }} search={{ node: part.node }}>
        {shortId(part.execution)}
      </Link>
      {', '}
      {items}
      <code>{part.node}</code>
    </>
  )
}
