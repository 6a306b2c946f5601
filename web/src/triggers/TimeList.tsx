import { words } from '~/i18n'
import { formatWall, knownZone } from '~/ui/format'
import { Time } from '~/ui/Time'
import classes from './triggers.module.css'

/** Instants in a zone, which is named once, each with how far away it is. */
export function TimeList({ times, zone }: { times: readonly string[]; zone: string }) {
  if (times.length === 0) return null
  return (
    <>
      <ul className={classes.times}>
        {times.map((at) => (
          <li key={at}>
            {formatWall(at, zone)}
            <span className={classes.muted}>
              <Time at={at} />
            </span>
          </li>
        ))}
      </ul>
      <p className={classes.zone}>{words.triggers.inZone(knownZone(zone))}</p>
    </>
  )
}
