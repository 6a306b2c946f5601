import { SchedulePreview } from '~/triggers/SchedulePreview'
import type { ControlProps } from './control'
import { asText } from './control'
import { StringField } from './StringField'

/** A schedule in cron's words, with the times that it would be due. */
export function CronField(props: ControlProps) {
  const text = asText(props.value)
  return (
    <>
      <StringField {...props} />
      {text === '' || text.includes('{{') ? null : <SchedulePreview config={{ cron: text }} />}
    </>
  )
}
