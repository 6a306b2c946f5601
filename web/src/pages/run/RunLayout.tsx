import { useLocalStorage } from '@mantine/hooks'
import { IconPointer } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type CSSProperties, useMemo } from 'react'
import { allNodeTypesQuery } from '~/api/nodeTypes'
import type { Execution } from '~/api/types'
import { workflowQuery } from '~/api/workflows'
import { words } from '~/i18n'
import { openBody } from '~/model/bodies'
import { join, split } from '~/model/frames'
import { completeDocument } from '~/model/workflow'
import { formatPlace, type ItemPlace } from '~/runs/itemPlace'
import { MomentContext } from '~/runs/moment'
import { NodeRunPanel, type NodeTab } from '~/runs/NodeRunPanel'
import type { Typical } from '~/runs/typical'
import type { ShownRun } from '~/runs/useShownRun'
import { EmptyState } from '~/ui/EmptyState'
import { ErrorNote } from '~/ui/ErrorNote'
import { Splitter } from '~/ui/Splitter'
import { ItemTrail } from './ItemTrail'
import { RunGraph } from './RunGraph'
import classes from './RunPage.module.css'
import { type RunViewName, RunViews } from './RunViews'
import { useRunFrames } from './useRunFrames'

const t = words.runs

interface RunLayoutProps {
  /** The run as it is now. */
  present: Execution
  shown: ShownRun
  typical: Typical | null
  selected: string | null
  onSelect: (node: string | null) => void
  tab: string | undefined
  onTab: (tab: NodeTab) => void
  view: string | undefined
  onView: (view: RunViewName) => void
  line: number | undefined
  onTravel: (seq: number) => void
  /** The item that is looked into, none for the run's own graph. */
  place: ItemPlace
  onPlace: (place: ItemPlace) => void
}

/** Graph above, its other views below, the selected node at the right. */
export function RunLayout({
  present,
  shown,
  typical,
  selected,
  onSelect,
  tab,
  onTab,
  ...props
}: RunLayoutProps) {
  const { place, onPlace, view, onView, line, onTravel } = props
  const { item, execution, store, tracks, moment, dataSeq } = shown
  const workflow = useQuery(workflowQuery(present.workflow, present.version))
  const types = useQuery(allNodeTypesQuery())
  const document = useMemo(
    () => (workflow.data ? completeDocument(workflow.data.document) : null),
    [workflow.data],
  )
  const inFrames = useRunFrames(present, store, place, moment !== null)
  const chosen = selected === null ? null : split(selected)
  const framed = chosen && chosen.key !== '' ? inFrames.items.get(chosen.key) : undefined
  const graph =
    document &&
    openBody(
      document,
      place.map((step) => step.node),
    )
  const [width, setWidth] = useLocalStorage({ key: 'cm-run-panel', defaultValue: 440 })
  const [height, setHeight] = useLocalStorage({ key: 'cm-run-bottom', defaultValue: 300 })

  return (
    <MomentContext value={dataSeq}>
      <div
        className={classes.layout}
        style={{ '--panel': `${width}px`, '--bottom': `${height}px` } as CSSProperties}
      >
        <div className={classes.left}>
          <RunGraph
            workflow={workflow}
            types={types}
            store={store}
            place={place}
            selected={selected}
            onSelect={onSelect}
            onOpen={(name) => {
              const { key, own } = split(name)
              if (key !== '') onPlace([...inFrames.placeIn(key), { node: own, index: 0 }])
              else if (execution.nodes[own]?.items) onPlace([...place, { node: own, index: 0 }])
            }}
            frames={inFrames.frames}
          >
            {item && document ? (
              <ItemTrail
                run={present.id}
                document={document}
                place={place}
                total={item.total}
                onPlace={onPlace}
              />
            ) : null}
            {inFrames.feeds}
          </RunGraph>
          <Splitter
            label={t.resizeBottom}
            orientation="horizontal"
            size={height}
            min={120}
            max={640}
            onChange={setHeight}
          />
          <RunViews
            present={present}
            shown={shown}
            document={graph}
            typical={typical}
            view={view}
            onView={onView}
            line={line}
            selected={chosen?.key === '' ? selected : null}
            onSelect={onSelect}
            onTravel={onTravel}
          />
        </div>
        <Splitter
          label={t.resizePanel}
          orientation="vertical"
          size={width}
          min={340}
          max={900}
          onChange={setWidth}
        />
        <aside className={classes.panel} aria-label={t.inspector}>
          {item?.error ? <ErrorNote title={t.items.failed} error={item.error} onRetry={item.reload} /> : null}
          {chosen && framed?.execution.nodes[chosen.own] ? (
            <NodeRunPanel
              key={`${formatPlace(inFrames.placeIn(chosen.key))} ${chosen.own}`}
              execution={framed.execution}
              run={present}
              place={inFrames.placeIn(chosen.key)}
              store={framed.store}
              nodeId={chosen.own}
              document={graph && openBody(graph, chosen.key.split('/'))}
              onSelect={(node) => onSelect(join(chosen.key, node))}
              tab={tab}
              onTab={onTab}
            />
          ) : selected && execution.nodes[selected] ? (
            <NodeRunPanel
              key={`${formatPlace(place)} ${selected}`}
              execution={execution}
              run={present}
              place={place}
              store={store}
              nodeId={selected}
              document={graph}
              tracks={tracks}
              typical={place.length === 0 ? typical : null}
              until={moment?.time ?? null}
              onSelect={onSelect}
              tab={tab}
              onTab={onTab}
            />
          ) : (
            <EmptyState
              title={t.selectNode}
              text={t.selectNodeText}
              picture={<IconPointer size={32} stroke={1.3} className={classes.hintIcon} aria-hidden />}
            />
          )}
        </aside>
      </div>
    </MomentContext>
  )
}
