import { useCallback, useEffect, useMemo, useState } from 'react'
import type { Execution } from '~/api/types'
import type { CanvasFrames } from '~/canvas/context'
import { keepOpenFrames, openFramesOf } from '~/canvas/openFrames'
import { split } from '~/model/frames'
import { formatPlace, type ItemPlace, parsePlace } from '~/runs/itemPlace'
import type { RunStatusStore } from '~/runs/state'
import { type ShownItem, useItem } from '~/runs/useItem'
import { useNodeRun } from '~/runs/useRun'
import { ItemPager } from './ItemPager'

const NOWHERE: ItemPlace = []

interface RunFrames {
  frames: CanvasFrames
  /** Reads the item that each open frame shows; draws nothing. */
  feeds: React.ReactNode
  /** What the frames show, by their names. */
  items: ReadonlyMap<string, ShownItem>
  /** Where in the loops of the run a frame looks. */
  placeIn(key: string): ItemPlace
}

/**
 * Containers that are open in place in the graph of a run, each at an item of its own.
 *
 * @param execution the run as it is now.
 * @param store of the graph that fills the canvas, which is that of the item at `place`.
 * @param past the run is shown at a moment of its past, which the items are not.
 */
export function useRunFrames(
  execution: Execution,
  store: RunStatusStore,
  place: ItemPlace,
  past: boolean,
): RunFrames {
  const prefix = place.map(({ node }) => `${node}/`).join('')
  const [kept, setKept] = useState(() => openFramesOf(execution.workflow))
  useEffect(() => keepOpenFrames(execution.workflow, kept), [execution.workflow, kept])
  const [indexes, setIndexes] = useState<ReadonlyMap<string, number>>(new Map())
  const [items, setItems] = useState<ReadonlyMap<string, ShownItem>>(new Map())
  const open = useMemo(
    () => new Set([...kept].flatMap((at) => (at.startsWith(prefix) ? [at.slice(prefix.length)] : []))),
    [kept, prefix],
  )
  const placeIn = useCallback(
    (key: string): ItemPlace => {
      const names = key.split('/')
      const steps = names.map((node, depth) => ({
        node,
        index: indexes.get(prefix + names.slice(0, depth + 1).join('/')) ?? 0,
      }))
      return [...place, ...steps]
    },
    [place, prefix, indexes],
  )
  const onItem = useCallback((key: string, item: ShownItem | null) => {
    setItems((now) => {
      const next = new Map(now)
      if (item) next.set(key, item)
      else next.delete(key)
      return next
    })
  }, [])
  const onFold = useCallback(
    (key: string) =>
      setKept((now) => {
        const next = new Set(now)
        if (!next.delete(prefix + key)) next.add(prefix + key)
        return next
      }),
    [prefix],
  )
  const statuses = useMemo(() => {
    const shown = past ? [] : [...items].filter(([key]) => open.has(key))
    return new Map(shown.map(([key, item]): [string, RunStatusStore] => [key, item.store]))
  }, [items, open, past])
  const head = useCallback(
    (key: string) => {
      const item = items.get(key)
      if (past || !item || item.total < 1) return null
      const index = indexes.get(prefix + key) ?? 0
      const choose = (next: number) => setIndexes((now) => new Map(now).set(prefix + key, next))
      return <ItemPager index={index} total={item.total} onIndex={choose} />
    },
    [items, indexes, prefix, past],
  )
  const frames = useMemo(() => ({ open, onFold, statuses, head }), [open, onFold, statuses, head])
  const feeds = [...open].map((key) => {
    const { key: around, own } = split(key)
    return (
      <Feed
        key={prefix + key}
        name={key}
        execution={execution}
        node={own}
        around={around === '' ? store : (items.get(around)?.store ?? null)}
        at={formatPlace(placeIn(key)) ?? ''}
        onItem={onItem}
      />
    )
  })
  return { frames, feeds, items, placeIn }
}

interface FeedProps {
  name: string
  execution: Execution
  /** The container, and the status of the graph that it stands in. */
  node: string
  around: RunStatusStore | null
  at: string
  onItem: (name: string, item: ShownItem | null) => void
}

function Feed({ name, execution, node, around, at, onItem }: FeedProps) {
  // What has not begun, and what is no loop, has no items to be asked for.
  const begun = useNodeRun(around, node)?.items !== undefined
  const place = useMemo(() => (begun ? parsePlace(at) : NOWHERE), [begun, at])
  const item = useItem(execution, place)
  useEffect(() => onItem(name, item), [name, item, onItem])
  useEffect(() => () => onItem(name, null), [name, onItem])
  return null
}
