import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { migrationQuery } from '~/api/nodeTypes'
import { words } from '~/i18n'
import type { JsonObject } from '~/model/json'
import type { NodeType } from '~/model/nodeType'
import type { WorkflowNode } from '~/model/workflow'
import { ErrorNote } from '~/ui/ErrorNote'
import { changeVersion } from '../actions/editNode'
import { useDispatch, useEditor } from '../store'
import classes from './Inspector.module.css'

const t = words.nodes.newer
const NOTHING: JsonObject = {}

interface NewerVersionProps {
  id: string
  node: WorkflowNode
  type: NodeType
}

/** A node keeps the version of its type that it was saved with; a newer one is offered, with what would change. */
export function NewerVersion({ id, node, type }: NewerVersionProps) {
  const newest = useEditor((state) => state.types.get(type.id))
  const [open, setOpen] = useState(false)
  if (!newest || newest.version <= type.version) return null
  return (
    <section className={classes.section} aria-label={t.label}>
      <p className={classes.quiet}>{t.offer(type.version, newest.version)}</p>
      {open ? (
        <Offer id={id} node={node} type={type} to={newest.version} />
      ) : (
        <Button variant="default" size="xs" onClick={() => setOpen(true)}>
          {t.show}
        </Button>
      )}
    </section>
  )
}

function Offer({ id, node, type, to }: NewerVersionProps & { to: number }) {
  const dispatch = useDispatch()
  const query = useQuery(migrationQuery(type.id, type.version, to, node.config ?? NOTHING))
  if (query.error)
    return <ErrorNote title={t.failed} error={query.error} onRetry={() => void query.refetch()} />
  if (!query.data) return null
  const { changes, config, problems } = query.data
  return (
    <>
      <ul>
        {changes.map(({ pointer, message, breaking }) => (
          <li key={pointer} className={breaking ? classes.warn : classes.quiet}>
            {message}
          </li>
        ))}
        {changes.length === 0 ? <li className={classes.quiet}>{t.same}</li> : null}
      </ul>
      {problems.length > 0 ? <p className={classes.warn}>{t.problems(problems.length)}</p> : null}
      <Button
        size="xs"
        onClick={() =>
          dispatch(changeVersion, { id, type: `${type.id}@${to}`, config: config as JsonObject })
        }
      >
        {t.use(to)}
      </Button>
    </>
  )
}
