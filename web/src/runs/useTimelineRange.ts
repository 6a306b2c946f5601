import { useState } from 'react'
import { panned, type Range, zoomed } from './timelineRange'

const ZOOM = 1.6
const PAN = 0.2

export interface TimelineView {
  range: Range
  /** Everything that is to be seen is in sight. */
  fits: boolean
  zoom: (direction: 'in' | 'out', place?: number) => void
  pan: (part: number) => void
  fit: () => void
  show: (range: Range) => void
  /** Keys of the timeline; says whether the key was one. */
  key: (key: string) => boolean
}

/** Which stretch of time the timeline shows: all of `fit` unless somebody chose otherwise, and never more than `whole`. */
export function useTimelineRange(fit: Range, whole: Range): TimelineView {
  const [chosen, choose] = useState<Range | null>(null)
  const range = chosen ?? fit
  const zoom: TimelineView['zoom'] = (direction, place = 0.5) =>
    choose(zoomed(range, direction === 'in' ? ZOOM : 1 / ZOOM, place, chosen === null ? fit : whole))
  const pan = (part: number) => chosen && choose(panned(chosen, part, whole))
  const key = (name: string): boolean => {
    if (name === '+' || name === '=') zoom('in')
    else if (name === '-') zoom('out')
    else if (name === '0') choose(null)
    else if (name === 'ArrowLeft') pan(-PAN)
    else if (name === 'ArrowRight') pan(PAN)
    else return false
    return true
  }
  return { range, fits: chosen === null, zoom, pan, fit: () => choose(null), show: choose, key }
}
