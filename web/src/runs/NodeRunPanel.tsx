import { Tabs } from '@mantine/core'
import { useState } from 'react'
import type { Execution } from '~/api/types'
import { words } from '~/i18n'
import { nodeTitle, type WorkflowDocument } from '~/model/workflow'
import { InputTab } from './InputTab'
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
export type NodeTab = 'output' | 'input' | 'logs'
const isTab = (value: unknown): value is NodeTab =>
  value === 'output' || value === 'input' || value === 'logs'

interface NodeRunPanelProps {
  execution: Execution
  store: RunStatusStore
  nodeId: string
  /** The document of the run's version; without it inputs cannot be traced. */
  document: WorkflowDocument | null
  /** Which tab to show; without `onTab` the panel keeps it itself. */
  tab?: string
  onTab?: (tab: NodeTab) => void
}

/** What one node did in one run: status and times, error, output, input, logs. Fills its parent. */
export function NodeRunPanel({ execution, store, nodeId, document, tab, onTab }: NodeRunPanelProps) {
  const view = useNodeRun(store, nodeId)
  const [own, setOwn] = useState<NodeTab>('output')
  const shown = onTab ? (isTab(tab) ? tab : 'output') : own
  const run = execution.nodes[nodeId]
  const node = document?.nodes[nodeId]
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
        <NodeWaiting execution={execution} node={nodeId} view={view} />
        <RetryFrom execution={execution} node={nodeId} view={view} />
      </NodeRunHead>
      {view ? <NodeApproval view={view} /> : null}
      <Tabs value={shown} onChange={change} className={classes.tabs} keepMounted={false}>
        <Tabs.List aria-label={t.nodeTabs}>
          <Tabs.Tab value="output">{t.tabOutput}</Tabs.Tab>
          <Tabs.Tab value="input">{t.tabInput}</Tabs.Tab>
          <Tabs.Tab value="logs">{t.tabLogs}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="output" className={classes.content}>
          <OutputTab execution={execution.id} node={nodeId} view={view} />
        </Tabs.Panel>
        <Tabs.Panel value="input" className={classes.content}>
          <InputTab execution={execution.id} node={nodeId} document={document} store={store} />
        </Tabs.Panel>
        <Tabs.Panel value="logs" className={classes.content}>
          <LogView execution={execution} node={nodeId} />
        </Tabs.Panel>
      </Tabs>
    </section>
  )
}
