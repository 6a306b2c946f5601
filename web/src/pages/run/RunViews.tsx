import { Tabs } from '@mantine/core'
import { useMemo } from 'react'
import type { Execution } from '~/api/types'
import { words } from '~/i18n'
import { nodeTitle, type WorkflowDocument } from '~/model/workflow'
import { CalledRuns } from '~/runs/CalledRuns'
import { callsOf } from '~/runs/calledRuns'
import { EventList } from '~/runs/EventList'
import { LineageView } from '~/runs/LineageView'
import { LogView } from '~/runs/LogView'
import { countUntil, timeOf } from '~/runs/moments'
import { NodeTable } from '~/runs/NodeTable'
import { Timeline } from '~/runs/Timeline'
import type { Typical } from '~/runs/typical'
import type { ShownRun } from '~/runs/useShownRun'
import classes from './RunPage.module.css'
import { RunValues } from './RunValues'

const t = words.runs
const VIEWS = ['timeline', 'nodes', 'logs', 'events', 'lineage', 'called', 'data'] as const
export type RunViewName = (typeof VIEWS)[number]
const TITLES: Readonly<Record<RunViewName, string>> = {
  timeline: t.timeline,
  nodes: words.runNodes.tab,
  logs: t.logs,
  events: words.runEvents.tab,
  lineage: t.tabLineage,
  called: words.calledRuns.tab,
  data: t.data,
}

interface RunViewsProps {
  /** The run as it is now. */
  present: Execution
  shown: ShownRun
  document: WorkflowDocument | null
  typical: Typical | null
  view: string | undefined
  onView: (view: RunViewName) => void
  line: number | undefined
  selected: string | null
  onSelect: (node: string) => void
  /** Show the run after its event with this number. */
  onTravel: (seq: number) => void
}

/** Below the graph: the same run, or item of a loop, as a timeline, table, log, journal, lineage and values. */
export function RunViews(props: RunViewsProps) {
  const { present, shown, document, typical, view, onView, line, selected, onSelect, onTravel } = props
  const { execution, store, events, count, tracks, moment, item } = shown
  const inLoop = item !== null
  const calls = !inLoop && callsOf(present).length > 0
  const tabs = VIEWS.filter((one) => (one !== 'called' || calls) && (one !== 'data' || !inLoop))
  const open = tabs.find((one) => one === view) ?? 'timeline'
  const titleOf = (node: string) => execution.nodes[node]?.title || nodeTitle(node, document?.nodes[node])
  const nodeIds = useMemo(
    () => new Set(Object.values(execution.nodes).map((run) => run.node)),
    [execution.nodes],
  )
  const origin = inLoop ? itemSpan(present, shown) : present
  return (
    <Tabs
      value={open}
      onChange={(next) => {
        const known = tabs.find((one) => one === next)
        if (known) onView(known)
      }}
      className={classes.bottom}
      keepMounted={false}
    >
      <Tabs.List aria-label={t.bottomTabs}>
        {tabs.map((one) => (
          <Tabs.Tab key={one} value={one}>
            {TITLES[one]}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value="timeline" className={classes.flush}>
        <Timeline
          execution={origin}
          store={store}
          document={document}
          tracks={tracks}
          firstAt={events[0] ? timeOf(events[0].at) : null}
          moment={moment?.time ?? null}
          onMoment={
            inLoop
              ? undefined
              : (time) =>
                  onTravel(
                    Math.max(
                      1,
                      countUntil(events, time, (event) => timeOf(event.at)),
                    ),
                  )
          }
          selected={selected}
          onSelect={onSelect}
        />
      </Tabs.Panel>
      <Tabs.Panel value="nodes" className={classes.padded}>
        <NodeTable
          execution={execution}
          store={store}
          document={document}
          tracks={tracks}
          typical={inLoop ? null : typical}
          moment={moment?.time ?? null}
          selected={selected}
          onSelect={onSelect}
        />
      </Tabs.Panel>
      <Tabs.Panel value="logs" className={classes.padded}>
        <LogView
          key={execution.id}
          execution={execution}
          nodes={Object.entries(execution.nodes).map(([name, run]) => ({
            id: run.node,
            title: titleOf(name),
          }))}
          only={inLoop ? nodeIds : undefined}
          until={moment?.time ?? null}
          line={line}
          linkTo={inLoop ? undefined : (n) => `/runs/${execution.id}?view=logs&line=${n}`}
        />
      </Tabs.Panel>
      <Tabs.Panel value="events" className={classes.padded}>
        <EventList
          events={moment === null ? events : events.slice(0, count)}
          complete={shown.complete}
          error={shown.error}
          onRetry={shown.reload}
          titleOf={titleOf}
          selected={selected}
          onSelect={onSelect}
          onTravel={inLoop ? undefined : onTravel}
        />
      </Tabs.Panel>
      <Tabs.Panel value="lineage" className={classes.padded}>
        <LineageView
          execution={execution.id}
          titleOf={(node) => titleOf(nameOf(execution, node))}
          selected={selected === null ? null : (execution.nodes[selected]?.node ?? selected)}
          only={inLoop ? nodeIds : undefined}
          onSelect={(node) => onSelect(nameOf(execution, node))}
        />
      </Tabs.Panel>
      <Tabs.Panel value="called" className={classes.padded}>
        <CalledRuns execution={present} />
      </Tabs.Panel>
      <Tabs.Panel value="data" className={classes.padded}>
        <RunValues execution={shown.run} />
      </Tabs.Panel>
    </Tabs>
  )
}

/** In a part of the run the nodes are numbered; on the page they have their names in the body. */
const nameOf = ({ nodes }: Execution, id: string): string =>
  Object.entries(nodes).find(([, run]) => run.node === id)?.[0] ?? id

/** An item has no start and end of its own: those of its nodes are. */
function itemSpan(present: Execution, { item }: ShownRun): Execution {
  const runs = Object.values(item?.execution.nodes ?? {})
  const starts = runs.flatMap((run) => run.started_at ?? []).sort()
  const ends = runs.flatMap((run) => run.ended_at ?? []).sort()
  const over = runs.length > 0 && runs.every((run) => run.ended_at !== null)
  return {
    ...present,
    started_at: starts[0] ?? present.started_at,
    ended_at: over ? (ends.at(-1) ?? null) : present.ended_at,
    status: over ? 'succeeded' : present.status,
    generation: 1,
  }
}
