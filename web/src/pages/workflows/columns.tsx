import { Button, Text, Tooltip } from '@mantine/core'
import { IconPlayerPlay } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { WorkflowSummary } from '~/api/types'
import { words } from '~/i18n'
import type { ListColumn } from '~/ui/ListTable'
import { StatusBadge } from '~/ui/StatusBadge'
import { Time } from '~/ui/Time'
import classes from './columns.module.css'
import { WorkflowMenu } from './WorkflowMenu'

const t = words.workflows

function versionText({ version, published }: WorkflowSummary): string {
  if (published === null) return t.draft
  return published === version ? t.published(version) : t.ahead(published, version)
}

function LastRun({ workflow }: { workflow: WorkflowSummary }) {
  const run = workflow.last_execution
  if (!run)
    return (
      <Text span size="sm" c="dimmed">
        {t.neverRun}
      </Text>
    )
  return (
    <Link to="/runs/$id" params={{ id: run.id }} className={classes.lastRun}>
      <StatusBadge status={run.status} />
      <span className={classes.ago}>
        <Time at={run.ended_at ?? run.started_at ?? run.created_at} />
      </span>
    </Link>
  )
}

function Actions({
  workflow,
  onRun,
}: {
  workflow: WorkflowSummary
  onRun: (workflow: WorkflowSummary) => void
}) {
  const runnable = workflow.published !== null
  return (
    <>
      <span data-row-actions>
        <WorkflowMenu workflow={workflow} />
      </span>
      <Tooltip label={t.notPublishedYet} disabled={runnable}>
        <Button
          variant="default"
          size="compact-sm"
          ml={4}
          leftSection={<IconPlayerPlay size={13} aria-hidden />}
          aria-label={t.runNamed(workflow.name)}
          data-disabled={runnable ? undefined : true}
          aria-disabled={!runnable}
          onClick={() => (runnable ? onRun(workflow) : undefined)}
        >
          {t.run}
        </Button>
      </Tooltip>
    </>
  )
}

export function workflowColumns(on: {
  onRun: (workflow: WorkflowSummary) => void
}): ListColumn<WorkflowSummary>[] {
  return [
    {
      key: 'name',
      head: t.name,
      cell: (workflow) => (
        <Link to="/workflows/$name" params={{ name: workflow.name }} data-main className={classes.name}>
          <span className={classes.title}>{workflow.title || workflow.name}</span>
          {workflow.title ? <code className={classes.id}>{workflow.name}</code> : null}
        </Link>
      ),
    },
    { key: 'last', head: t.lastRun, width: 260, cell: (workflow) => <LastRun workflow={workflow} /> },
    { key: 'nodes', head: t.nodes, width: 100, cell: (workflow) => t.nodeCount(workflow.node_count) },
    {
      key: 'version',
      head: t.version,
      width: 170,
      cell: (workflow) => (
        <Text span size="sm" c={workflow.published === workflow.version ? undefined : 'dimmed'}>
          {versionText(workflow)}
        </Text>
      ),
    },
    { key: 'changed', head: t.changed, width: 140, cell: (workflow) => <Time at={workflow.updated_at} /> },
    {
      key: 'actions',
      head: t.run,
      hideHead: true,
      width: 140,
      align: 'right',
      cell: (workflow) => <Actions workflow={workflow} onRun={on.onRun} />,
    },
  ]
}
