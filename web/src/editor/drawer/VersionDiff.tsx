import { Button, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { Workflow } from '~/api/types'
import { workflowQuery } from '~/api/workflows'
import { words } from '~/i18n'
import { type DocumentDiff, diffDocuments } from '~/model/diff'
import type { Change } from '~/model/ops'
import { completeDocument, type WorkflowDocument } from '~/model/workflow'
import { ErrorNote } from '~/ui/ErrorNote'
import { showComparison } from '../actions/compare'
import { selectItems } from '../actions/select'
import { useDispatch, useEditor, useEditorHandle } from '../store'
import { placeWords } from '../sync/placeWords'
import classes from './Drawer.module.css'

const t = words.versions

const DRAFT = 'draft'

interface VersionDiffProps {
  name: string
  version: number
  /** Numbers of the versions it can be compared with. */
  others: readonly number[]
}

/** What has changed from a version to the draft, or to another one: nodes, their fields, wires, settings. */
export function VersionDiff({ name, version, others }: VersionDiffProps) {
  const dispatch = useDispatch()
  const [against, setAgainst] = useState(DRAFT)
  const other = against === DRAFT ? null : Number(against)
  const found = useQuery(workflowQuery(name, version))
  const second = useQuery({ ...workflowQuery(name, other ?? version), enabled: other !== null })
  const draft = useEditor((state) => state.root)
  const from = useDocument(found.data)
  const chosen = useDocument(other === null ? undefined : second.data)
  const error = found.error ?? (other === null ? null : second.error)
  if (error) return <ErrorNote error={error} onRetry={() => void found.refetch()} />
  const to = other === null ? draft : chosen
  if (!from || !to) return null
  const diff = diffDocuments(from, to)
  const same = diff.nodes.size + diff.edges.size + diff.settings.length + diff.moved.length === 0
  const toName = other === null ? t.draft : t.version(other)
  return (
    <>
      <div className={classes.diffHead}>
        <h3>{t.fromTo(t.version(version), toName)}</h3>
        <Select
          size="xs"
          w={120}
          aria-label={t.against}
          allowDeselect={false}
          value={against}
          data={[
            { value: DRAFT, label: t.draft },
            ...others
              .filter((number) => number !== version)
              .map((number) => ({ value: String(number), label: t.version(number) })),
          ]}
          onChange={(value) => setAgainst(value ?? DRAFT)}
        />
        <Button
          size="compact-xs"
          variant="default"
          disabled={same}
          onClick={() => dispatch(showComparison, { from, fromName: t.version(version), to: chosen, toName })}
        >
          {t.showOnCanvas}
        </Button>
      </div>
      {same ? <p className={classes.note}>{t.same}</p> : <Differences diff={diff} />}
    </>
  )
}

/** One object for one answer: differences are remembered by it. */
function useDocument(data: Workflow | undefined): WorkflowDocument | null {
  return useMemo(() => (data ? completeDocument(data.document) : null), [data])
}

function Differences({ diff }: { diff: DocumentDiff }) {
  return (
    <ul className={classes.diff} aria-label={t.differences}>
      {[...diff.nodes].map(([id, { kind, fields }]) => (
        <li key={id} data-kind={kind}>
          <NodeName id={id} kind={kind} />
          {fields.map((field) => (
            <Field key={field.path} name={field.path.slice(1)} change={field} />
          ))}
        </li>
      ))}
      {[...diff.edges].map(([edge, kind]) => (
        <li key={edge} data-kind={kind}>
          {t.edge(edge, kind)}
        </li>
      ))}
      {diff.settings.map((change) => (
        <li key={change.path} data-kind="changed">
          <Field name={placeWords(change.path)} change={change} />
        </li>
      ))}
      {diff.moved.length > 0 ? <li data-kind="moved">{t.moved(diff.moved.length)}</li> : null}
    </ul>
  )
}

function NodeName({ id, kind }: { id: string; kind: 'added' | 'removed' | 'changed' }) {
  const { dispatch, services } = useEditorHandle()
  const there = useEditor((state) => id in state.document.nodes)
  const text = t.node(id, kind)
  if (!there) return <span>{text}</span>
  const go = () => {
    dispatch(selectItems, { nodes: [id], edges: [] })
    services.current?.show(id)
  }
  return (
    <button type="button" className={classes.diffNode} onClick={go}>
      {text}
    </button>
  )
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

function Field({ name, change }: { name: string; change: Change }) {
  return (
    <div className={classes.diffField}>
      <span>{name.replace(/^config\//, '').replaceAll('/', '.')}</span>
      {'before' in change ? <del>{shown(change.before)}</del> : null}
      {'after' in change ? <ins>{shown(change.after)}</ins> : null}
    </div>
  )
}
