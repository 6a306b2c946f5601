import { Tabs } from '@mantine/core'
import { useState } from 'react'
import type { Execution } from '~/api/types'
import { words } from '~/i18n'
import { nodeTitle, type WorkflowDocument } from '~/model/workflow'
import { CalledRun } from './CalledRun'
import { InputTab } from './InputTab'
import { ItemsTab } from './ItemsTab'
import type { ItemPlace } from './itemPlace'
import { LogView } from './LogView'
import { NodeApproval } from './NodeApproval'
import { NodeRunHead } from './NodeRunHead'
import classes from './NodeRunPanel.module.css'
import { NodeWaiting } from './NodeWaiting'
import { OutputTab } from './OutputTab'
import { RetryFrom } from './RetryFrom'
import type { RunStatusStore } from './state'
import { useNodeRun } from './useRun'

const t = words.runs
const NOWHERE: ItemPlace = []
export type NodeTab = 'items' | 'output' | 'input' | 'logs'
const isTab = (value: unknown): value is NodeTab =>
  value === 'items' || value === 'output' || value === 'input' || value === 'logs'

interface NodeRunPanelProps {
  /** What has the node: the run, or the part of it that has an item's nodes. */
  execution: Execution
  /** The run that the page is about, and where in its loops the node is. */
  run?: Execution
  place?: ItemPlace
  store: RunStatusStore
  nodeId: string
  /** The document of the run's version; without it inputs cannot be traced. */
  document: WorkflowDocument | null
  /** Which tab to show; without `onTab` the panel keeps it itself. */
  tab?: string
  onTab?: (tab: NodeTab) => void
}

/** What one node did in one run: status and times, error, output, input, logs. Fills its parent. */
export function NodeRunPanel({
  execution,
  store,
  nodeId,
  document,
  tab,
  onTab,
  ...props
}: NodeRunPanelProps) {
  const { run: page = execution, place = NOWHERE } = props
  const view = useNodeRun(store, nodeId)
  const [own, setOwn] = useState<NodeTab | null>(null)
  const loops = view?.items != null && view.items.kind !== 'call'
  const first: NodeTab = loops ? 'items' : 'output'
  const wanted = onTab ? (isTab(tab) ? tab : first) : (own ?? first)
  const shown = wanted === 'items' && !loops ? 'output' : wanted
  const run = execution.nodes[nodeId]
  const node = document?.nodes[nodeId]
  // In a part of the run the nodes are numbered: `price[3]`.
  const idOf = (name: string) => execution.nodes[name]?.node ?? name
  const id = idOf(nodeId)
  const type = run?.type ?? node?.type ?? ''
  const title = run?.title || nodeTitle(nodeId, node)
  const change = (next: string | null) => {
    if (!isTab(next)) return
    setOwn(next)
    onTab?.(next)
  }
  return (
    <section className={classes.panel} aria-label={title}>
      <NodeRunHead nodeId={nodeId} title={title} type={type} view={view}>
        <NodeWaiting execution={execution} node={id} view={view} />
        {view?.items?.kind === 'call' && view.child ? <CalledRun id={view.child} /> : null}
        {place.length === 0 ? <RetryFrom execution={execution} node={nodeId} view={view} /> : null}
      </NodeRunHead>
      {view ? <NodeApproval view={view} /> : null}
      <Tabs value={shown} onChange={change} className={classes.tabs} keepMounted={false}>
        <Tabs.List aria-label={t.nodeTabs}>
          {loops ? <Tabs.Tab value="items">{t.items.tab}</Tabs.Tab> : null}
          <Tabs.Tab value="output">{t.tabOutput}</Tabs.Tab>
          <Tabs.Tab value="input">{t.tabInput}</Tabs.Tab>
          <Tabs.Tab value="logs">{t.tabLogs}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="items" className={classes.content}>
          <ItemsTab key={nodeId} execution={page} place={place} node={nodeId} />
        </Tabs.Panel>
        <Tabs.Panel value="output" className={classes.content}>
          <OutputTab execution={execution.id} node={id} view={view} />
        </Tabs.Panel>
        <Tabs.Panel value="input" className={classes.content}>
          <InputTab
            execution={execution.id}
            node={nodeId}
            document={document}
            store={store}
            idOf={idOf}
            inLoop={place.length > 0}
          />
        </Tabs.Panel>
        <Tabs.Panel value="logs" className={classes.content}>
          <LogView execution={execution} node={id} />
        </Tabs.Panel>
      </Tabs>
    </section>
  )
}
