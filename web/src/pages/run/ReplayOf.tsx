import { Link } from '@tanstack/react-router'
import type { Execution } from '~/api/types'
import { words } from '~/i18n'
import { shortId } from '~/ui/format'

/** The run that this one repeats. */
export function ReplayOf({ execution }: { execution: Execution }) {
  const { replay_of } = execution.trigger
  if (typeof replay_of !== 'string') return null
  return (
    <>
      {' · '}
      {words.runs.replayOf}{' '}
      <Link to="/runs/$id" params={{ id: replay_of }}>
        {shortId(replay_of)}
      </Link>
    </>
  )
}
