import type { Trigger } from '~/api/types'
import { cronWords } from './cronWords'

/** The part of a config that tells most, in one line. */
export function triggerSummary({ type, config }: Pick<Trigger, 'type' | 'config'>): string {
  const text = (key: string): string => (typeof config[key] === 'string' ? config[key] : '')
  switch (type) {
    case 'schedule': {
      const cron = text('cron')
      const times = cron === '' ? `every ${text('interval')}` : (cronWords(cron) ?? cron)
      return text('timezone') ? `${times} · ${text('timezone')}` : times
    }
    case 'webhook':
      return `/hooks/${text('path').replace(/^\//, '')}`
    case 'event':
      return text('name')
    case 'workflow':
      return text('workflow')
    default:
      return text('path')
  }
}
