import { useQuery } from '@tanstack/react-query'
import { allNodeTypesQuery } from '~/api/nodeTypes'
import type { Comparison } from '~/api/types'
import { workflowQuery } from '~/api/workflows'
import { words } from '~/i18n'
import { useRun } from '~/runs/useRun'
import { shortId } from '~/ui/format'
import { StatusBadge } from '~/ui/StatusBadge'
import { RunGraph } from '../run/RunGraph'
import classes from './Compare.module.css'

interface CompareGraphsProps {
  comparison: Comparison
  selected: string | null
  onSelect: (node: string | null) => void
}

/** The graphs of both runs with their states; a node chosen in one is chosen in both. */
export function CompareGraphs({ comparison, selected, onSelect }: CompareGraphsProps) {
  const [own, other] = comparison.executions
  return (
    <div className={classes.graphs}>
      <Graph id={own.id} title={words.compare.thisRun} selected={selected} onSelect={onSelect} />
      <Graph id={other.id} title={words.compare.otherRun} selected={selected} onSelect={onSelect} />
    </div>
  )
}

interface GraphProps {
  id: string
  title: string
  selected: string | null
  onSelect: (node: string | null) => void
}

function Graph({ id, title, selected, onSelect }: GraphProps) {
  const { execution, store } = useRun(id)
  const types = useQuery(allNodeTypesQuery())
  const workflow = useQuery({
    ...workflowQuery(execution?.workflow ?? '', execution?.version),
    enabled: execution !== undefined,
  })
  return (
    <section className={classes.graph} aria-label={title}>
      <h2>
        {title} <code>{shortId(id)}</code>
        {execution ? <StatusBadge status={execution.status} size={13} /> : null}
      </h2>
      {store ? (
        <RunGraph
          workflow={workflow}
          types={types}
          store={store}
          place={[]}
          selected={selected}
          onSelect={onSelect}
          onOpen={() => undefined}
        />
      ) : null}
    </section>
  )
}
