import { ActionIcon, Tabs, Tooltip } from '@mantine/core'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import { type ReactNode, useMemo, useState } from 'react'
import { useVisitors } from '~/canvas/marks'
import { words } from '~/i18n'
import { pointerOf } from '~/model/json'
import { nodeTypeOf } from '~/model/ports'
import { nodeTitle, typeId } from '~/model/workflow'
import { LogView } from '~/runs/LogView'
import { type FollowedRun, useRun } from '~/runs/useRun'
import { CategoryIcon } from '~/ui/CategoryIcon'
import { personTone } from '~/ui/people'
import { nextNode, previousNode } from '../actions/neighbours'
import { setPanels } from '../actions/panels'
import { PinBar } from '../partial/PinBar'
import { RunNodeButton } from '../partial/RunMenu'
import { shortcutText } from '../shortcuts'
import type { InspectorTab } from '../state'
import { useDispatch, useEditor } from '../store'
import { useScope } from '../useScope'
import { ConfigTab } from './ConfigTab'
import { DocsTab } from './DocsTab'
import classes from './Inspector.module.css'
import { NodeDataTab } from './NodeDataTab'
import { Panes } from './Panes'
import { PolicyTab } from './PolicyTab'
import { RunChoice } from './RunChoice'
import { useShownData } from './useShownData'
import { PANES_WIDTH } from './width'

const t = words.editor.inspector
const NARROW: readonly InspectorTab[] = ['config', 'policy', 'input', 'output', 'logs', 'docs']
const WIDE: readonly InspectorTab[] = ['config', 'policy', 'logs', 'docs']

interface NodeInspectorProps {
  id: string
  run: FollowedRun
  width: number
  aside: ReactNode
}

/** One node: its settings, what came in and went out in the shown run, and what its type is about. */
export function NodeInspector({ id, run, width, aside }: NodeInspectorProps) {
  const node = useEditor((state) => state.document.nodes[id])
  const type = useEditor((state) => nodeTypeOf(state.document, state.types, id))
  const depth = useEditor((state) => state.path.length)
  const [index, setIndex] = useState(0)
  const indexes = useMemo(
    () => Array.from({ length: depth }, (_, level) => (level === depth - 1 ? index : 0)),
    [depth, index],
  )
  const chosen = useEditor((state) => state.execution)
  const scope = useScope(id, run.store, indexes)
  // Nothing chosen: the run that expressions are tried out with.
  const last = useRun(chosen === null ? scope.told?.execution?.id : null)
  const shown = chosen === null ? last : run
  const awaited = chosen ?? scope.told?.execution?.id
  const pending =
    (chosen === null && scope.pending) || (awaited !== undefined && !shown.execution && !shown.error)
  const data = useShownData(shown, index)
  if (!node) return null
  const wide = width >= PANES_WIDTH
  const choice = (
    <RunChoice shown={shown.execution?.id ?? chosen} total={data.total} index={index} onIndex={setIndex} />
  )
  const side = (which: 'input' | 'output') => (
    <>
      {which === 'output' ? <PinBar id={id} run={shown} /> : null}
      <NodeDataTab
        id={id}
        run={shown}
        data={data}
        pending={pending}
        side={which}
        tables={scope.suggestions.tables}
      />
    </>
  )
  const panels: Record<InspectorTab, ReactNode> = {
    config: <ConfigTab id={id} node={node} type={type} scope={scope} />,
    policy: <PolicyTab id={id} node={node} />,
    input: (
      <>
        {choice}
        {side('input')}
      </>
    ),
    output: (
      <>
        {choice}
        {side('output')}
      </>
    ),
    logs: shown.execution ? (
      <LogView execution={shown.execution} node={id} />
    ) : (
      <p className={classes.quiet}>{t.noRun}</p>
    ),
    docs: <DocsTab type={type} />,
  }
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
        {wide ? choice : null}
        <RunNodeButton />
        <Neighbours />
        {aside}
      </div>
      <OthersHere id={id} />
      {wide ? (
        <Panes
          width={width}
          input={side('input')}
          config={<InspectorTabs id={id} names={WIDE} panels={panels} />}
          output={side('output')}
        />
      ) : (
        <InspectorTabs id={id} names={NARROW} panels={panels} />
      )}
    </>
  )
}

/** Who else has chosen the node. */
function OthersHere({ id }: { id: string }) {
  const visitors = useVisitors(id)
  if (!visitors) return null
  return (
    <p className={classes.others} role="status" style={personTone(visitors[0]?.client ?? '')}>
      {words.versions.editing(visitors.map(({ name }) => name))}
    </p>
  )
}

interface InspectorTabsProps {
  id: string
  names: readonly InspectorTab[]
  panels: Record<InspectorTab, ReactNode>
}

const FILLED: readonly InspectorTab[] = ['input', 'output', 'logs']

function InspectorTabs({ id, names, panels }: InspectorTabsProps) {
  const dispatch = useDispatch()
  const wanted = useEditor((state) => state.panels.inspectorTab)
  const focus = useEditor((state) => state.focus)
  const [left, setLeft] = useState<string | null>(null)
  // A problem of the policy is shown where its field is, until another tab is chosen.
  const policy = focus !== null && focus !== left && focus.startsWith(pointerOf('nodes', id, 'policy'))
  const tab = policy ? 'policy' : names.includes(wanted) ? wanted : 'config'
  return (
    <Tabs
      value={tab}
      onChange={(next) => {
        const known = names.find((name) => name === next)
        if (!known) return
        setLeft(focus)
        dispatch(setPanels, { inspectorTab: known })
      }}
      className={classes.tabs}
      keepMounted={false}
    >
      <Tabs.List aria-label={t.label}>
        {names.map((name) => (
          <Tabs.Tab key={name} value={name}>
            {t[name]}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {names.map((name) => (
        <Tabs.Panel key={name} value={name} className={FILLED.includes(name) ? classes.data : classes.scroll}>
          {panels[name]}
        </Tabs.Panel>
      ))}
    </Tabs>
  )
}

/** To the node before and the one after, without looking for them on the canvas. */
function Neighbours() {
  const dispatch = useDispatch()
  const many = useEditor((state) => Object.keys(state.document.nodes).length > 1)
  return (
    <ActionIcon.Group>
      {[previousNode, nextNode].map((action) => (
        <Tooltip key={action.id} label={`${action.label} (${shortcutText(action.shortcuts?.[0] ?? '')})`}>
          <ActionIcon
            size={28}
            variant="default"
            aria-label={action.label}
            disabled={!many}
            onClick={() => dispatch(action)}
          >
            {action === previousNode ? (
              <IconChevronLeft size={16} stroke={1.7} />
            ) : (
              <IconChevronRight size={16} stroke={1.7} />
            )}
          </ActionIcon>
        </Tooltip>
      ))}
    </ActionIcon.Group>
  )
}
