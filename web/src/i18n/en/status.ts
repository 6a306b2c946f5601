import type { Status } from '~/ui/tokens'

export const status: Record<Status, string> = {
  pending: 'Pending',
  queued: 'Queued',
  running: 'Running',
  waiting: 'Waiting',
  retrying: 'Retrying',
  succeeded: 'Succeeded',
  failed: 'Failed',
  skipped: 'Skipped',
  cancelled: 'Cancelled',
  paused: 'Paused',
  interrupted: 'Interrupted',
  reused: 'Reused',
}
