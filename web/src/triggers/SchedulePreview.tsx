import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { previewQuery } from '~/api/triggers'
import { words } from '~/i18n'
import type { JsonObject } from '~/model/json'
import { cronWords } from './cronWords'
import { zoneOf } from './instants'
import { TimeList } from './TimeList'
import classes from './triggers.module.css'

const DELAY_MS = 300

/** When a schedule would be due; nothing while its config is not finished, which the problems say. */
export function SchedulePreview({ config }: { config: JsonObject }) {
  const [settled] = useDebouncedValue(config, DELAY_MS)
  const { data } = useQuery(previewQuery(settled))
  const told = typeof settled.cron === 'string' ? cronWords(settled.cron) : null
  if (!data || data.length === 0) return null
  return (
    <section className={classes.preview} aria-label={words.triggers.preview}>
      {told ? <strong>{told}</strong> : null}
      {words.triggers.preview}
      <TimeList times={data} zone={zoneOf({ config: settled })} />
    </section>
  )
}
