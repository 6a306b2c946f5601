import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { previewQuery } from '~/api/triggers'
import { words } from '~/i18n'
import type { JsonObject } from '~/model/json'
import { formatZoned } from '~/ui/format'
import { Time } from '~/ui/Time'
import { zoneOf } from './instants'
import classes from './triggers.module.css'

const DELAY_MS = 300

/** When a schedule would be due; nothing while its config is not finished, which the problems say. */
export function SchedulePreview({ config }: { config: JsonObject }) {
  const [settled] = useDebouncedValue(config, DELAY_MS)
  const { data } = useQuery(previewQuery(settled))
  if (!data || data.length === 0) return null
  return (
    <section className={classes.preview} aria-label={words.triggers.preview}>
      {words.triggers.preview}
      <ul>
        {data.map((at) => (
          <li key={at}>
            {formatZoned(at, zoneOf({ config: settled }))}{' '}
            <span className={classes.muted}>
              <Time at={at} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
