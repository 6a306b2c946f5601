import { useQuery } from '@tanstack/react-query'
import { workflowQuery } from '~/api/workflows'
import { words } from '~/i18n'
import { type DocumentDiff, diffDocuments } from '~/model/diff'
import type { Change } from '~/model/ops'
import { completeDocument } from '~/model/workflow'
import { ErrorNote } from '~/ui/ErrorNote'
import { selectItems } from '../actions/select'
import { useEditor, useEditorHandle } from '../store'
import { placeWords } from '../sync/placeWords'
import classes from './Drawer.module.css'

const t = words.versions

/** What has changed from a version to the draft: nodes, their fields, wires, settings. */
export function VersionDiff({ name, version }: { name: string; version: number }) {
  const found = useQuery(workflowQuery(name, version))
  const draft = useEditor((state) => state.root)
  if (found.error) return <ErrorNote error={found.error} onRetry={() => void found.refetch()} />
  if (!found.data) return null
  const diff = diffDocuments(completeDocument(found.data.document), draft)
  const same = diff.nodes.size + diff.edges.size + diff.settings.length + diff.moved.length === 0
  return (
    <>
      <h3 className={classes.diffHead}>{t.diffHead(version)}</h3>
      {same ? <p className={classes.note}>{t.same}</p> : <Differences diff={diff} />}
    </>
  )
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
