import { useCallback, useMemo } from 'react'
import { SchemaForm } from '~/forms/SchemaForm'
import { words } from '~/i18n'
import { type JsonObject, pointerOf } from '~/model/json'
import type { NodeType } from '~/model/nodeType'
import type { WorkflowNode } from '~/model/workflow'
import { InlineText } from '~/ui/InlineText'
import { editConfig } from '../actions/editNode'
import { graphProblemsOf } from '../problems'
import { useDispatch, useEditor } from '../store'
import { useAsking } from '../useAsking'
import type { Scope } from '../useScope'
import { BodySection } from './BodySection'
import { IdentityFields } from './IdentityFields'
import classes from './Inspector.module.css'
import { NewerVersion } from './NewerVersion'

const t = words.editor.inspector
const NOTHING: JsonObject = {}
/** The settings of an unknown type are kept and can be edited as JSON. */
const FREE_SCHEMA: JsonObject = { type: 'object', properties: {} }

interface ConfigTabProps {
  id: string
  node: WorkflowNode
  type: NodeType | null
  /** What expressions may name here, and what they give. */
  scope: Scope
}

/** Settings of a node: the form of its type, and its names. */
export function ConfigTab({ id, node, type, scope }: ConfigTabProps) {
  const dispatch = useDispatch()
  const focus = useEditor((state) => state.focus)
  const all = useEditor(graphProblemsOf)
  const prefix = pointerOf('nodes', id)
  const mine = useMemo(
    () => all.filter((problem) => problem.pointer === prefix || problem.pointer.startsWith(`${prefix}/`)),
    [all, prefix],
  )
  // That its type is switched off is said above, with what to do.
  const general = mine.filter(
    (problem) => !/\/(config|policy)(\/|$)/.test(problem.pointer) && problem.code !== 'node.off',
  )
  const asking = useAsking(type, node.config ?? NOTHING)
  const change = useCallback((config: JsonObject) => dispatch(editConfig, { id, config }), [dispatch, id])
  return (
    <>
      {type ? null : <p className={classes.warn}>{t.unknownType(node.type)}</p>}
      {type?.disabled_reason ? (
        <p className={classes.warn} role="status">
          {type.disabled_reason}
        </p>
      ) : null}
      {general.map((problem) => (
        <p
          key={`${problem.code} ${problem.message}`}
          className={classes.warn}
          data-severity={problem.severity}
          role="alert"
        >
          <InlineText text={problem.message} />
        </p>
      ))}
      {type ? <NewerVersion id={id} node={node} type={type} /> : null}
      {type?.container || node.body ? <BodySection id={id} node={node} /> : null}
      <SchemaForm
        schema={type?.schema ?? FREE_SCHEMA}
        value={node.config ?? NOTHING}
        onChange={change}
        problems={mine}
        pointerPrefix={`${prefix}/config`}
        suggestions={scope.suggestions}
        trying={scope.trying}
        json={type !== null}
        asking={asking}
        focus={focus}
        empty={type ? <p className={classes.quiet}>{t.noConfig}</p> : null}
      />
      <section className={classes.section}>
        <IdentityFields key={id} id={id} node={node} />
      </section>
    </>
  )
}
