import { useMemo } from 'react'
import type { ValueSummary } from '~/api/types'
import type { Suggestions } from '~/forms/context'
import { type BodyPath, openBody } from '~/model/bodies'
import { ancestors, edgeIndex } from '~/model/edgeIndex'
import { DEFAULT_OUTLET, DEFAULT_PORT } from '~/model/edges'
import { isObject } from '~/model/json'
import { nodeTitle, type WorkflowDocument } from '~/model/workflow'
import type { RunStatusStore } from '~/runs/state'
import { useAllNodeRuns } from '~/runs/useRun'

interface Path {
  label: string
  detail?: string
}

/** What is known of a value after a run: its fields, as expressions name them. */
function fieldsOf(path: string, value: ValueSummary | undefined): Path[] {
  switch (value?.kind) {
    case 'table':
      return ['rows', 'columns', 'bytes'].map((name) => ({ label: `${path}.${name}` }))
    case 'file':
      return ['path', 'name', 'bytes'].map((name) => ({ label: `${path}.${name}` }))
    case 'json':
      return isObject(value.value)
        ? Object.keys(value.value).map((name) => ({ label: `${path}.${name}` }))
        : []
    default:
      return []
  }
}

/** In a body: the item, and the nodes around that come before the container. */
function pathsAround(root: WorkflowDocument, path: BodyPath): Path[] {
  const around = path.flatMap((name, depth) => {
    const document = openBody(root, path.slice(0, depth))
    return ancestors(document.edges, name).map((other) => ({
      label: `nodes.${other}`,
      detail: nodeTitle(other, document.nodes[other]),
    }))
  })
  return path.length === 0 ? [] : [{ label: 'item' }, { label: 'index' }, ...around]
}

function pathsOf(document: WorkflowDocument, id: string, store: RunStatusStore | null): Path[] {
  const nodes = ancestors(document.edges, id).flatMap((other) => {
    const outputs = store?.get(other)?.outputs ?? {}
    const own: Path = { label: `nodes.${other}`, detail: nodeTitle(other, document.nodes[other]) }
    const known = outputs[DEFAULT_OUTLET]
    return [own, ...(known ? fieldsOf(`nodes.${other}`, known) : [{ label: `nodes.${other}.rows` }])]
  })
  const inputs = Object.entries(document.inputs ?? {}).map(([name, schema]) => ({
    label: `inputs.${name}`,
    detail: typeof schema.title === 'string' ? schema.title : undefined,
  }))
  const vars = Object.keys(document.vars ?? {}).map((name) => ({ label: `vars.${name}` }))
  return [
    ...inputs,
    ...nodes,
    ...vars,
    { label: 'input' },
    { label: 'execution.id' },
    { label: 'trigger.type' },
  ]
}

/** The tables a query of this node sees: `input` for port `in`, the others by their ports' names. */
function tablesOf(
  document: WorkflowDocument,
  id: string,
  store: RunStatusStore | null,
): Record<string, string[]> {
  const tables: Record<string, string[]> = {}
  for (const edge of edgeIndex(document.edges).incoming.get(id) ?? []) {
    const value = store?.get(edge.source)?.outputs[edge.outlet]
    const columns = value?.kind === 'table' ? value.columns.map((column) => column.name) : []
    tables[edge.port === DEFAULT_PORT ? 'input' : edge.port] = columns
  }
  return tables
}

/** Completions for one node's settings; columns are known once the workflow has run. */
export function useSuggestions(
  document: WorkflowDocument,
  id: string,
  store: RunStatusStore | null,
  { root, path }: { root: WorkflowDocument; path: BodyPath },
): Suggestions {
  const runs = useAllNodeRuns(store)
  // biome-ignore lint/correctness/useExhaustiveDependencies: `runs` stands for the content of the store.
  return useMemo(() => {
    const tables = tablesOf(document, id, store)
    return {
      paths: [...pathsAround(root, path), ...pathsOf(document, id, store)],
      tables,
      columns: [...new Set(Object.values(tables).flat())],
    }
  }, [document, id, store, runs, root, path])
}
