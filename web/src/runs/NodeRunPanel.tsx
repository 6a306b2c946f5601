import { Tabs } from '@mantine/core'
import { useState } from 'react'
import type { Execution } from '~/api/types'
import { words } from '~/i18n'
import { undoneTitles } from '~/model/undo'
import { nodeTitle, type WorkflowDocument } from '~/model/workflow'
import { CalledRun } from './CalledRun'
import type { NodeRunView } from './fold'
import { InputTab } from './InputTab'
import { ItemsTab } from './ItemsTab'
import type { ItemPlace } from './itemPlace'
import { LineageTab } from './LineageTab'
import { LogView } from './LogView'
import { NodeApproval } from './NodeApproval'
import { NodeRunHead } from './NodeRunHead'
import classes from './NodeRunPanel.module.css'
import { NodeWaiting } from './NodeWaiting'
import { OutputTab } from './OutputTab'
import { RetryFrom } from './RetryFrom'
import { rowsIn } from './rowsIn'
import type { Tracks } from './segments'
import type { RunStatusStore } from './state'
import type { Typical } from './typical'
import { useNodeRun } from './useRun'
import { WhyNote } from './WhyNote'

const t = words.runs
const NOWHERE: ItemPlace = []
const NOTHING: Tracks = new Map()
const TABS = ['approval', 'items', 'output', 'input', 'lineage', 'logs'] as const
export type NodeTab = (typeof TABS)[number]
const TITLES: Readonly<Record<NodeTab, string>> = {
  approval: words.approvals.detail,
  items: t.items.tab,
  output: t.tabOutput,
  input: t.tabInput,
  lineage: t.tabLineage,
  logs: t.tabLogs,
}

/** What there is to see of this node: what it is about first. */
function tabsOf(view: NodeRunView | undefined): NodeTab[] {
  const loops = view?.items != null && view.items.kind !== 'call'
  const made = Object.keys(view?.outputs ?? {}).length > 0
  const apart: Partial<Record<NodeTab, boolean>> = {
    approval: Boolean(view?.approval),
    items: loops,
    lineage: made,
  }
  return TABS.filter((tab) => apart[tab] ?? true)
}

interface NodeRunPanelProps {
  /** What has the node: the run, or the part of it that has an item's nodes. */
  execution: Execution
  /** The run that the page is about, and where in its loops the node is. */
  run?: Execution
  place?: ItemPlace
  store: RunStatusStore
  nodeId: string
  /** What the journal tells of each node, for "why?". */
  tracks?: Tracks
  typical?: Typical | null
  /** A moment (ms) in place of now: everything is only to be looked at then. */
  until?: number | null
  onSelect?: (node: string) => void
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
  const { run: page = execution, place = NOWHERE, tracks = NOTHING, typical = null } = props
  const { until = null, onSelect } = props
  const view = useNodeRun(store, nodeId)
  const [own, setOwn] = useState<NodeTab | null>(null)
  const past = until !== null
  const tabs = tabsOf(view).filter((one) => !past || one !== 'approval')
  const wanted = onTab ? tab : own
  const shown = tabs.find((one) => one === wanted) ?? tabs[0] ?? 'output'
  const run = execution.nodes[nodeId]
  const node = document?.nodes[nodeId]
  // In a part of the run the nodes are numbered: `price[3]`.
  const idOf = (name: string) => execution.nodes[name]?.node ?? name
  const id = idOf(nodeId)
  const type = run?.type ?? node?.type ?? ''
  const title = run?.title || nodeTitle(nodeId, node)
  const change = (next: string | null) => {
    const known = tabs.find((one) => one === next)
    if (!known) return
    setOwn(known)
    onTab?.(known)
  }
  return (
    <section className={classes.panel} aria-label={title}>
      <NodeRunHead
        nodeId={nodeId}
        title={title}
        type={type}
        view={view}
        rowsIn={rowsIn(nodeId, document, (name) => store.get(name))}
        undoes={document ? undoneTitles(document.nodes).get(nodeId) : undefined}
        until={until}
      >
        {past ? null : <NodeWaiting execution={execution} node={id} view={view} />}
        {view ? (
          <WhyNote
            node={nodeId}
            view={view}
            document={document}
            viewOf={(name) => store.get(name)}
            tracks={tracks}
            usual={typical?.nodes[nodeId] ?? null}
            onSelect={onSelect}
          />
        ) : null}
        {view?.items?.kind === 'call' && view.child ? <CalledRun id={view.child} /> : null}
        {place.length === 0 && !past ? <RetryFrom execution={execution} node={nodeId} view={view} /> : null}
      </NodeRunHead>
      <Tabs value={shown} onChange={change} className={classes.tabs} keepMounted={false}>
        <Tabs.List aria-label={t.nodeTabs}>
          {tabs.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {TITLES[one]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="approval" className={classes.scrolled}>
          {view ? <NodeApproval view={view} /> : null}
        </Tabs.Panel>
        <Tabs.Panel value="items" className={classes.content}>
          {past ? <p className={classes.quiet}>{words.timeTravel.itemsNow}</p> : null}
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
        <Tabs.Panel value="lineage" className={classes.scrolled}>
          <LineageTab execution={execution.id} node={id} linked={place.length === 0} />
        </Tabs.Panel>
        <Tabs.Panel value="logs" className={classes.content}>
          <LogView execution={execution} node={id} until={until} />
        </Tabs.Panel>
      </Tabs>
    </section>
  )
}
