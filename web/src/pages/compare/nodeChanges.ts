import type { ComparedNode } from '~/api/types'

/** Shorter differences of durations are chance. */
const NOTICED_SECONDS = 1
const NOTICED_SHARE = 0.5

/** How many seconds more the first run took; null when that is nothing to speak of. */
export function secondsMore({ seconds: [a, b] }: Pick<ComparedNode, 'seconds'>): number | null {
  if (a === null || b === null) return null
  const more = a - b
  return Math.abs(more) >= NOTICED_SECONDS && Math.abs(more) >= NOTICED_SHARE * Math.min(a, b) ? more : null
}

/** Whether a node is worth a line: anything but a duration that differs a little. */
export const isChanged = (line: ComparedNode): boolean =>
  line.status[0] !== line.status[1] ||
  line.attempt[0] !== line.attempt[1] ||
  line.config_changed ||
  line.input_changed === true ||
  line.output === 'different' ||
  secondsMore(line) !== null
