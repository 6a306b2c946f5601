import { Tabs } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { executionQuery } from '~/api/executions'
import type { ComparedNode, Comparison, ExecutionSummary } from '~/api/types'
import { workflowQuery } from '~/api/workflows'
import { words } from '~/i18n'
import type { Json } from '~/model/json'
import { DataPreview } from '~/runs/DataPreview'
import { formatDuration } from '~/ui/format'
import classes from './Compare.module.css'
import { fieldDifferences } from './fieldDiff'
import { ValueText } from './ValueText'

const t = words.compare

interface CompareNodeProps {
  comparison: Comparison
  line: ComparedNode
}

/** One node in both runs: which fields of its config differ, and what it gave. */
export function CompareNode({ comparison, line }: CompareNodeProps) {
  const [own, other] = comparison.executions
  const [tab, setTab] = useState<string | null>(line.config_changed ? 'config' : 'outputs')
  return (
    <>
      <h2>{line.node}</h2>
      <p className={classes.quiet}>
        {line.seconds
          .map((seconds) => (seconds === null ? t.none : formatDuration(seconds * 1000)))
          .join(' / ')}
      </p>
      <Tabs value={tab} onChange={setTab} className={classes.tabs} keepMounted={false}>
        <Tabs.List aria-label={t.detail}>
          <Tabs.Tab value="outputs">{t.outputs}</Tabs.Tab>
          <Tabs.Tab value="config">{t.configOf}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="config" className={classes.panel}>
          <Fields own={own} other={other} node={line.node} />
        </Tabs.Panel>
        <Tabs.Panel value="outputs" className={classes.panel}>
          <Output title={t.thisRun} run={own} node={line.node} />
          <Output title={t.otherRun} run={other} node={line.node} />
        </Tabs.Panel>
      </Tabs>
    </>
  )
}

interface FieldsProps {
  own: ExecutionSummary
  other: ExecutionSummary
  node: string
}

function useNodeOf(run: ExecutionSummary, node: string): Json | undefined {
  const found = useQuery(workflowQuery(run.workflow, run.version))
  // Documents are JSON as they come; the type of a node only names its keys.
  return found.data?.document.nodes?.[node] as Json | undefined
}

function Fields({ own, other, node }: FieldsProps) {
  const fields = fieldDifferences(useNodeOf(own, node), useNodeOf(other, node))
  if (fields.length === 0) return <p className={classes.quiet}>{t.noFields}</p>
  return (
    <table className={classes.fields} aria-label={t.fields}>
      <thead>
        <tr>
          <th scope="col">{t.field}</th>
          <th scope="col">{t.thisRun}</th>
          <th scope="col">{t.otherRun}</th>
        </tr>
      </thead>
      <tbody>
        {fields.map(({ path, values: [left, right] }) => (
          <tr key={path}>
            <th scope="row">{path}</th>
            <td>
              <ValueText value={left} />
            </td>
            <td>
              <ValueText value={right} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Output({ title, run, node }: { title: string; run: ExecutionSummary; node: string }) {
  const found = useQuery(executionQuery(run.id))
  const outputs = found.data?.nodes[node]?.outputs ?? {}
  const outlet = 'out' in outputs ? 'out' : Object.keys(outputs)[0]
  const error = found.data?.nodes[node]?.error
  return (
    <section className={classes.output} aria-label={title}>
      <h3>
        {title}
        <Link to="/runs/$id" params={{ id: run.id }} search={{ node }}>
          {t.openNode}
        </Link>
      </h3>
      {error ? <p className={classes.error}>{error.message}</p> : null}
      {outlet ? (
        <div className={classes.data}>
          <DataPreview execution={run.id} node={node} outlet={outlet} />
        </div>
      ) : found.data && !error ? (
        <p className={classes.quiet}>{t.noOutput}</p>
      ) : null}
    </section>
  )
}
