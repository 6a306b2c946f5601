import { Link } from '@tanstack/react-router'
import type { Origin } from '~/api/types'
import { words } from '~/i18n'
import { shortId } from '~/ui/format'
import { Time } from '~/ui/Time'

const t = words.pins.origin

/** Whose output a node has that did not run, and how old it is. */
export function ReusedFrom({ origin }: { origin: Origin }) {
  const { execution, pinned, at } = origin
  return (
    <span data-testid="reused-from">
      {execution ? (
        <>
          {pinned ? t.pinned : t.reused}{' '}
          <Link to="/runs/$id" params={{ id: execution }} search={{}}>
            {shortId(execution)}
          </Link>
        </>
      ) : (
        t.typed
      )}
      {at ? (
        <>
          , <Time at={at} />
        </>
      ) : null}
    </span>
  )
}
