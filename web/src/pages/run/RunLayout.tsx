import { Tabs } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { IconPointer } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { allNodeTypesQuery } from '~/api/nodeTypes'
import type { Execution } from '~/api/types'
import { workflowQuery } from '~/api/workflows'
import { words } from '~/i18n'
import { openBody } from '~/model/bodies'
import { completeDocument } from '~/model/workflow'
import { formatPlace, type ItemPlace } from '~/runs/itemPlace'
import { LogView } from '~/runs/LogView'
import { NodeRunPanel, type NodeTab } from '~/runs/NodeRunPanel'
import type { RunStatusStore } from '~/runs/state'
import { Timeline } from '~/runs/Timeline'
import { useItem } from '~/runs/useItem'
import { EmptyState } from '~/ui/EmptyState'
import { ErrorNote } from '~/ui/ErrorNote'
import { Splitter } from '~/ui/Splitter'
import { ItemTrail } from './ItemTrail'
import { RunGraph } from './RunGraph'
import classes from './RunPage.module.css'
import { RunValues } from './RunValues'

const t = words.runs

interface RunLayoutProps {
  execution: Execution
  store: RunStatusStore
  selected: string | null
  onSelect: (node: string | null) => void
  tab: string | undefined
  onTab: (tab: NodeTab) => void
  /** The item that is looked into, none for the run's own graph. */
  place: ItemPlace
  onPlace: (place: ItemPlace) => void
}

/** Graph above, timeline and logs below, the selected node at the right. */
export function RunLayout({ execution, store, selected, onSelect, tab, onTab, ...props }: RunLayoutProps) {
  const { place, onPlace } = props
  const item = useItem(execution, place)
  const shown = item ?? { execution, store }
  const workflow = useQuery(workflowQuery(execution.workflow, execution.version))
  const types = useQuery(allNodeTypesQuery())
  const document = useMemo(
    () => (workflow.data ? completeDocument(workflow.data.document) : null),
    [workflow.data],
  )
  const graph =
    document &&
    openBody(
      document,
      place.map((step) => step.node),
    )
  const [width, setWidth] = useLocalStorage({ key: 'cm-run-panel', defaultValue: 440 })
  const [height, setHeight] = useLocalStorage({ key: 'cm-run-bottom', defaultValue: 280 })
  const [view, setView] = useState<string | null>('timeline')

  return (
    <div className={classes.layout} style={{ gridTemplateColumns: `minmax(0, 1fr) 1px ${width}px` }}>
      <div className={classes.left} style={{ gridTemplateRows: `minmax(0, 1fr) 1px ${height}px` }}>
        <RunGraph
          workflow={workflow}
          types={types}
          store={shown.store}
          place={place}
          selected={selected}
          onSelect={onSelect}
          onOpen={(node) => {
            if (shown.execution.nodes[node]?.items) onPlace([...place, { node, index: 0 }])
          }}
        >
          {item && document ? (
            <ItemTrail
              run={execution.id}
              document={document}
              place={place}
              total={item.total}
              onPlace={onPlace}
            />
          ) : null}
        </RunGraph>
        <Splitter
          label={t.resizeBottom}
          orientation="horizontal"
          size={height}
          min={120}
          max={640}
          onChange={setHeight}
        />
        <Tabs value={view} onChange={setView} className={classes.bottom} keepMounted={false}>
          <Tabs.List aria-label={t.bottomTabs}>
            <Tabs.Tab value="timeline">{t.timeline}</Tabs.Tab>
            <Tabs.Tab value="logs">{t.logs}</Tabs.Tab>
            <Tabs.Tab value="data">{t.data}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="timeline" className={classes.flush}>
            <Timeline
              execution={execution}
              store={shown.store}
              document={graph}
              selected={selected}
              onSelect={onSelect}
            />
          </Tabs.Panel>
          <Tabs.Panel value="logs" className={classes.padded}>
            <LogView execution={execution} />
          </Tabs.Panel>
          <Tabs.Panel value="data" className={classes.padded}>
            <RunValues execution={execution} />
          </Tabs.Panel>
        </Tabs>
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
        {selected && shown.execution.nodes[selected] ? (
          <NodeRunPanel
            key={`${formatPlace(place)} ${selected}`}
            execution={shown.execution}
            run={execution}
            place={place}
            store={shown.store}
            nodeId={selected}
            document={graph}
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
  )
}
