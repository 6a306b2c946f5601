import { Tabs } from '@mantine/core'
import type { ReactNode } from 'react'
import { words } from '~/i18n'
import { nodeTypeOf } from '~/model/ports'
import { nodeTitle, typeId } from '~/model/workflow'
import { LogView } from '~/runs/LogView'
import type { FollowedRun } from '~/runs/useRun'
import { CategoryIcon } from '~/ui/CategoryIcon'
import { setPanels } from '../actions/panels'
import { PinBar } from '../partial/PinBar'
import { RunNodeButton } from '../partial/RunMenu'
import type { InspectorTab } from '../state'
import { useDispatch, useEditor } from '../store'
import { ConfigTab } from './ConfigTab'
import { DocsTab } from './DocsTab'
import classes from './Inspector.module.css'
import { NodeDataTab } from './NodeDataTab'

const t = words.editor.inspector
const TABS: readonly InspectorTab[] = ['config', 'input', 'output', 'logs', 'docs']

interface NodeInspectorProps {
  id: string
  run: FollowedRun
  aside: ReactNode
}

/** One node: its settings, what came in and went out in the shown run, and what its type is about. */
export function NodeInspector({ id, run, aside }: NodeInspectorProps) {
  const dispatch = useDispatch()
  const node = useEditor((state) => state.document.nodes[id])
  const type = useEditor((state) => nodeTypeOf(state.document, state.types, id))
  const tab = useEditor((state) => state.panels.inspectorTab)
  if (!node) return null
  return (
    <>
      <div className={classes.head}>
        <CategoryIcon category={type?.category ?? ''} icon={type?.icon} />
        <div className={classes.names}>
          <h2 title={nodeTitle(id, node)}>{nodeTitle(id, node)}</h2>
          <code>
            {id} · {typeId(node.type)}
          </code>
        </div>
        <RunNodeButton />
        {aside}
      </div>
      <Tabs
        value={tab}
        onChange={(next) => {
          const known = TABS.find((name) => name === next)
          if (known) dispatch(setPanels, { inspectorTab: known })
        }}
        className={classes.tabs}
        keepMounted={false}
      >
        <Tabs.List aria-label={t.label}>
          {TABS.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {t[name]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="config" className={classes.scroll}>
          <ConfigTab id={id} node={node} type={type} store={run.store} />
        </Tabs.Panel>
        <Tabs.Panel value="input" className={classes.data}>
          <NodeDataTab id={id} run={run} side="input" />
        </Tabs.Panel>
        <Tabs.Panel value="output" className={classes.data}>
          <PinBar id={id} run={run} />
          <NodeDataTab id={id} run={run} side="output" />
        </Tabs.Panel>
        <Tabs.Panel value="logs" className={classes.data}>
          {run.execution ? (
            <LogView execution={run.execution} node={id} />
          ) : (
            <p className={classes.quiet}>{t.noRun}</p>
          )}
        </Tabs.Panel>
        <Tabs.Panel value="docs" className={classes.scroll}>
          <DocsTab type={type} />
        </Tabs.Panel>
      </Tabs>
    </>
  )
}
