import { createContext, useContext } from 'react'

/** A moment in the past of a run that is shown in place of the present. */
export interface Moment {
  /** Number of the last event that had happened. */
  seq: number
  /** In ms. */
  time: number
}

/**
 * The number of the event up to which the data of a run is shown; null for the present.
 *
 * Of the journal that has the node: within loops that of the part.
 */
export const MomentContext = createContext<number | null>(null)
export const useMomentSeq = (): number | null => useContext(MomentContext)
