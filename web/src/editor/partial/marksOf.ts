/** The marks on the cards, of the pins and of the plan that is shown. Pure. */

import type { Pin } from '~/api/types'
import type { Fate, NodeMark } from '~/canvas/marks'
import type { Stale } from '~/model/staleness'
import type { Phase } from './trial'

const NO_MARK: NodeMark = { fate: null, why: null, at: null, pinned: false, stale: null, inside: 0 }

export function marksOf(
  pins: readonly Pin[],
  stale: ReadonlyMap<string, Stale>,
  phase: Phase,
): ReadonlyMap<string, NodeMark> {
  const marks = new Map<string, NodeMark>()
  const set = (place: string, more: Partial<NodeMark>) =>
    marks.set(place, { ...(marks.get(place) ?? NO_MARK), ...more })
  for (const pin of pins) {
    set(pin.node, { pinned: true, at: pin.at, stale: stale.get(pin.node) ?? null })
    const around = pin.node.split('/').slice(0, -1)
    for (let depth = 1; depth <= around.length; depth += 1) {
      const container = around.slice(0, depth).join('/')
      set(container, { inside: (marks.get(container)?.inside ?? 0) + 1 })
    }
  }
  if (phase.kind === 'planned') {
    for (const [place, { action, effect, why, at }] of Object.entries(phase.plan.nodes)) {
      const fate: Fate = action === 'run' && effect === 'write' ? 'write' : action
      set(place, { fate, why, at })
    }
  }
  if (phase.kind === 'refused')
    for (const place of phase.missing ?? []) set(place, { fate: 'missing', at: null })
  return marks
}
