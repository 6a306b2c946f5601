import { Badge, Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { allNodeTypesQuery } from '~/api/nodeTypes'
import { ApiError } from '~/api/problem'
import type { Execution } from '~/api/types'
import { versionsQuery, workflowQuery } from '~/api/workflows'
import { Canvas } from '~/canvas/Canvas'
import { words } from '~/i18n'
import { openBody } from '~/model/bodies'
import type { JsonObject } from '~/model/json'
import { indexNodeTypes } from '~/model/nodeType'
import { completeDocument, nodeTitle, type WorkflowDocument, type WorkflowNode } from '~/model/workflow'
import { JsonPreview } from '~/runs/JsonPreview'
import { RunDialog } from '~/runs/RunDialog'
import { EmptyState } from '~/ui/EmptyState'
import { ErrorNote } from '~/ui/ErrorNote'
import { PagePending } from '~/ui/PagePending'
import { Time } from '~/ui/Time'
import { useSlow } from '~/ui/useSlow'
import classes from './version/VersionPage.module.css'

const route = getRouteApi('/workflows/$name/versions/$version')
const t = words.versions

/** One version of a workflow, to be looked at: its graph, its settings, who made it. */
export function VersionPage() {
  const { name, version } = route.useParams()
  const found = useQuery({ ...workflowQuery(name, version), enabled: Number.isInteger(version) })
  const document = useMemo(() => (found.data ? completeDocument(found.data.document) : null), [found.data])
  const slow = useSlow(!document)
  const missing = found.error instanceof ApiError && found.error.status === 404
  if (!Number.isInteger(version) || missing) {
    return (
      <EmptyState title={t.page.missing(name)} text={t.page.missingHelp}>
        <Button component={Link} to="/workflows">
          {words.shell.toWorkflows}
        </Button>
      </EmptyState>
    )
  }
  if (found.error) {
    return <ErrorNote title={t.page.failed} error={found.error} onRetry={() => void found.refetch()} />
  }
  if (!document) return slow ? <PagePending /> : null
  return (
    <div className={classes.page}>
      <Head name={name} version={version} document={document} />
      <Graph key={`${name} ${version}`} document={document} />
    </div>
  )
}

interface HeadProps {
  name: string
  version: number
  document: WorkflowDocument
}

function Head({ name, version, document }: HeadProps) {
  const navigate = route.useNavigate()
  const [running, setRunning] = useState(false)
  const versions = useQuery(versionsQuery(name))
  const line = versions.data?.items.find((one) => one.version === version)
  const started = (execution: Execution) =>
    void navigate({ to: '/runs/$id', params: { id: execution.id }, search: {} })
  return (
    <header className={classes.head}>
      <div className={classes.names}>
        <h1>{t.page.title(document.title || name, version)}</h1>
        <p>
          {line?.label ? <strong>{line.label} · </strong> : null}
          {line ? (
            <>
              {t.by(line.created_by)} · <Time at={line.created_at} />
            </>
          ) : null}
        </p>
      </div>
      {line?.published ? <Badge variant="light">{t.page.published}</Badge> : null}
      <div className={classes.buttons}>
        <Button variant="default" onClick={() => setRunning(true)}>
          {t.page.run}
        </Button>
        <Button
          variant="default"
          renderRoot={(props) => (
            <Link {...props} to="/workflows/$name" params={{ name }} search={{ compare: version }} />
          )}
        >
          {t.page.compare}
        </Button>
        <Button
          renderRoot={(props) => <Link {...props} to="/workflows/$name" params={{ name }} search={{}} />}
        >
          {t.page.open}
        </Button>
      </div>
      <RunDialog
        workflow={name}
        version={version}
        opened={running}
        onClose={() => setRunning(false)}
        onStarted={started}
      />
    </header>
  )
}

/** All that is set of a node, but what its card shows and what is inside of it. */
function settingsOf({ type: _type, title: _title, body: _body, ...settings }: WorkflowNode): JsonObject {
  return settings as unknown as JsonObject
}

function Graph({ document }: { document: WorkflowDocument }) {
  const types = useQuery(allNodeTypesQuery())
  const index = useMemo(() => (types.data ? indexNodeTypes(types.data) : null), [types.data])
  const [path, setPath] = useState<readonly string[]>([])
  const [selected, setSelected] = useState<string | null>(null)
  const graph = useMemo(() => openBody(document, path), [document, path])
  if (types.error) {
    return <ErrorNote title={t.page.failed} error={types.error} onRetry={() => void types.refetch()} />
  }
  const node = selected === null ? undefined : graph.nodes[selected]
  const open = (id: string) => {
    if (!graph.nodes[id]?.body) return
    setPath([...path, id])
    setSelected(null)
  }
  return (
    <div className={classes.body}>
      <div className={classes.graph}>
        {index ? (
          <Canvas
            key={path.join('/')}
            document={graph}
            nodeTypes={index}
            status={null}
            selected={selected}
            onSelect={setSelected}
            onOpen={open}
            readOnly
          />
        ) : null}
        {path.length > 0 ? (
          <Button
            className={classes.back}
            size="compact-sm"
            variant="default"
            onClick={() => setPath(path.slice(0, -1))}
          >
            {t.page.up}
          </Button>
        ) : null}
      </div>
      <aside className={classes.side} aria-label={t.page.settings}>
        {node && selected ? (
          <>
            <h2>{nodeTitle(selected, node)}</h2>
            <p>
              <code>
                {selected} · {node.type}
              </code>
            </p>
            <JsonPreview value={settingsOf(node)} />
          </>
        ) : (
          <p>{t.page.nothing}</p>
        )}
      </aside>
    </div>
  )
}
