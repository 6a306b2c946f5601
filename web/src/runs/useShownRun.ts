import { useLayoutEffect, useMemo } from 'react'
import type { Execution, RunEvent } from '~/api/types'
import type { ItemPlace } from './itemPlace'
import type { Moment } from './moment'
import { countUntil, timeOf } from './moments'
import { GrowingTracks, type Tracks } from './segments'
import { RunStatusStore } from './state'
import { executionAt, PastStates } from './timeTravel'
import { type ShownItem, useItem } from './useItem'
import { useJournal } from './useJournal'

export interface ShownRun {
  /** The run at the moment; within a loop its part, as if the item's nodes were a run. */
  execution: Execution
  /** The same at the moment, but always the run that the page is about. */
  run: Execution
  store: RunStatusStore
  item: ShownItem | null
  /** Events up to now of what is shown, its nodes by the names in the graph. */
  events: readonly RunEvent[]
  /** So many of them had happened at the moment. */
  count: number
  complete: boolean
  error: Error | null
  reload: () => void
  tracks: Tracks
  moment: Moment | null
  /** Up to which event of the journal of `execution` its data is shown; null for the present. */
  dataSeq: number | null
}

/** Events of one item's nodes, which in the journal of their part are numbered: `price[3]`. */
function itemEvents(events: readonly RunEvent[], item: ShownItem): RunEvent[] {
  const names = new Map(Object.entries(item.execution.nodes).map(([name, run]) => [run.node, name]))
  return events.flatMap((event) => {
    const name = event.node ? names.get(event.node) : undefined
    return name === undefined ? [] : [{ ...event, node: name }]
  })
}

function momentOf(events: readonly RunEvent[], at: number | null): Moment | null {
  if (at === null) return null
  const event = events[Math.min(at, events.length) - 1]
  return event ? { seq: event.seq, time: timeOf(event.at) } : null
}

/** What a run page shows: the run or an item in it, now or at a moment of its past. */
export function useShownRun(
  execution: Execution,
  live: RunStatusStore,
  place: ItemPlace,
  at: number | null,
): ShownRun {
  const item = useItem(execution, place)
  const journal = useJournal(execution.id)
  const begun = item !== null && Object.keys(item.execution.nodes).length > 0
  const part = useJournal(begun ? item.execution.id : null)
  const own = useMemo(
    () => (item === null ? journal.events : itemEvents(part.events, item)),
    [item, journal.events, part.events],
  )
  const moment = useMemo(() => momentOf(journal.events, at), [journal.events, at])
  const count =
    moment === null
      ? own.length
      : item === null
        ? moment.seq
        : countUntil(own, moment.time, (event) => timeOf(event.at))
  const tracks = useTracks(item?.execution ?? execution, place, own, count)
  const past = usePast(item?.execution ?? execution, place, own, moment === null ? null : count)
  const run = useMemo(
    () => (moment === null ? execution : executionAt(execution, journal.events, moment.seq)),
    [execution, journal.events, moment],
  )
  const shown = useMemo(
    () => (item === null ? run : { ...run, id: item.execution.id, nodes: item.execution.nodes, error: null }),
    [item, run],
  )
  const dataSeq =
    moment === null
      ? null
      : item === null
        ? moment.seq
        : countUntil(part.events, moment.time, (event) => timeOf(event.at))
  const read = item === null ? journal : part
  return {
    execution: shown,
    run,
    store: past ?? item?.store ?? live,
    item,
    events: own,
    count,
    complete: read.complete,
    error: journal.error ?? part.error,
    reload: read.reload,
    tracks,
    moment,
    dataSeq,
  }
}

/** What is shown, so that another run or item begins anew. */
const keyOf = ({ id, nodes }: Execution, place: ItemPlace): string =>
  [id, ...place.map(({ node, index }) => `${node}.${index}`), ...Object.keys(nodes)].join(' ')

function useTracks(shown: Execution, place: ItemPlace, events: readonly RunEvent[], count: number): Tracks {
  const key = keyOf(shown, place)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another run or item, other tracks.
  const tracks = useMemo(() => new GrowingTracks(), [key])
  return useMemo(() => tracks.at(events, count), [tracks, events, count])
}

/** The states of all nodes after so many events; null for the present. */
function usePast(
  shown: Execution,
  place: ItemPlace,
  events: readonly RunEvent[],
  count: number | null,
): RunStatusStore | null {
  const key = keyOf(shown, place)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another run or item, other states.
  const { states, store } = useMemo(
    () => ({ states: new PastStates(Object.keys(shown.nodes)), store: new RunStatusStore() }),
    [key],
  )
  useLayoutEffect(() => {
    if (count !== null) store.show(states.at(events, count))
  }, [states, store, events, count])
  return count === null ? null : store
}
