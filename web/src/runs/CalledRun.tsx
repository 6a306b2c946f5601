import { Link } from '@tanstack/react-router'
import { words } from '~/i18n'
import { shortId } from '~/ui/format'
import classes from './NodeRunPanel.module.css'

/** The run that a node called. */
export function CalledRun({ id }: { id: string }) {
  return (
    <p className={classes.quiet}>
      {words.runs.calledRun}{' '}
      <Link to="/runs/$id" params={{ id }}>
        {shortId(id)}
      </Link>
    </p>
  )
}
