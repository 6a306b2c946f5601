import { formatZoned } from '~/ui/format'
import { Time } from '~/ui/Time'
import classes from './triggers.module.css'

/** Instants in a zone, each with how far away it is. */
export function TimeList({ times, zone }: { times: readonly string[]; zone: string }) {
  return (
    <ul className={classes.times}>
      {times.map((at) => (
        <li key={at}>
          {formatZoned(at, zone)}
          <span className={classes.muted}>
            <Time at={at} />
          </span>
        </li>
      ))}
    </ul>
  )
}
