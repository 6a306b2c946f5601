import { Select } from '@mantine/core'
import { useMemo, useState } from 'react'
import { words } from '~/i18n'
import { DEFAULT_OUTLET, DEFAULT_PORT, type Edge, formatEdge, parseEdges } from '~/model/edges'
import { nodeTitle, type WorkflowDocument } from '~/model/workflow'
import { DataPreview } from './DataPreview'
import type { NodeRunView } from './fold'
import classes from './NodeRunPanel.module.css'
import { NamingContext } from './naming'
import type { RunStatusStore } from './state'
import { useNodeRun } from './useRun'

const t = words.runs

interface InputTabProps {
  execution: string
  node: string
  document: WorkflowDocument | null
  store: RunStatusStore
  /** Ids of nodes in the run, by their names in the document. */
  idOf?: (name: string) => string
  /** Nodes without a wire get the item then. */
  inLoop?: boolean
  /** Names of the data can be put into the fields of a form. */
  naming?: boolean
}

/** How the node's expressions name what came in over a wire. */
function nameOf(wire: Edge, source: NodeRunView | undefined, main: boolean): string {
  if (main) return 'input'
  const outlets = Object.keys(source?.outputs ?? {})
  const only = outlets.length === 1 && outlets[0] === DEFAULT_OUTLET
  return only ? `nodes.${wire.source}` : `nodes.${wire.source}.${wire.outlet}`
}

const asNamed = (name: string): string => name

function label(edge: Edge, document: WorkflowDocument): string {
  const from = nodeTitle(edge.source, document.nodes[edge.source])
  const outlet = edge.outlet === DEFAULT_OUTLET ? '' : ` · ${edge.outlet}`
  const port = edge.port === DEFAULT_PORT ? '' : ` → ${edge.port}`
  return `${from}${outlet}${port}`
}

/** What came in over each wire: the output of the node at its other end. */
export function InputTab({ execution, node, document, store, idOf = asNamed, ...rest }: InputTabProps) {
  const wires = useMemo(
    () => parseEdges(document?.edges ?? []).filter((edge) => edge.target === node),
    [document, node],
  )
  const [chosen, setChosen] = useState<string | null>(null)
  const main = wires.find((edge) => edge.port === DEFAULT_PORT)
  const wire = wires.find((edge) => formatEdge(edge) === chosen) ?? wires[0]
  const source = useNodeRun(store, wire?.source ?? null)
  if (!document || !wire) return <p className={classes.quiet}>{rest.inLoop ? t.getsItem : t.noWires}</p>
  return (
    <>
      {wires.length > 1 ? (
        <Select
          label={t.source}
          allowDeselect={false}
          value={formatEdge(wire)}
          onChange={setChosen}
          data={wires.map((edge) => ({ value: formatEdge(edge), label: label(edge, document) }))}
        />
      ) : (
        <p className={classes.quiet}>
          {t.source} {label(wire, document)}
        </p>
      )}
      <div className={classes.data}>
        {source?.outputs[wire.outlet] ? (
          <NamingContext
            value={rest.naming ? { root: nameOf(wire, source, wire === main), insert: true } : null}
          >
            <DataPreview execution={execution} node={idOf(wire.source)} outlet={wire.outlet} />
          </NamingContext>
        ) : (
          <p className={classes.quiet}>{t.sourceNoOutput(label(wire, document))}</p>
        )}
      </div>
    </>
  )
}
