import { UnstyledButton } from '@mantine/core'
import { IconChevronRight } from '@tabler/icons-react'
import { useCallback, useMemo, useState } from 'react'
import { SchemaForm } from '~/forms/SchemaForm'
import { words } from '~/i18n'
import { isObject, type JsonObject, pointerOf } from '~/model/json'
import type { NodeType } from '~/model/nodeType'
import type { NodePolicy, WorkflowNode } from '~/model/workflow'
import type { RunStatusStore } from '~/runs/state'
import { InlineText } from '~/ui/InlineText'
import { editConfig, editPolicy } from '../actions/editNode'
import { graphProblemsOf } from '../problems'
import { useDispatch, useEditor } from '../store'
import { useAsking } from '../useAsking'
import { useSuggestions } from '../useSuggestions'
import { BodySection } from './BodySection'
import { IdentityFields } from './IdentityFields'
import classes from './Inspector.module.css'
import { NewerVersion } from './NewerVersion'
import { policySchema } from './policySchema'

const t = words.editor.inspector
const NOTHING: JsonObject = {}
/** The settings of an unknown type are kept and can be edited as JSON. */
const FREE_SCHEMA: JsonObject = { type: 'object', properties: {} }

interface ConfigTabProps {
  id: string
  node: WorkflowNode
  type: NodeType | null
  store: RunStatusStore | null
}

/** Settings of a node: the form of its type, its names, and how it behaves when things go wrong. */
export function ConfigTab({ id, node, type, store }: ConfigTabProps) {
  const dispatch = useDispatch()
  const document = useEditor((state) => state.document)
  const root = useEditor((state) => state.root)
  const path = useEditor((state) => state.path)
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
  const suggestions = useSuggestions(document, id, path.length === 0 ? store : null, { root, path })
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
        suggestions={suggestions}
        asking={asking}
        focus={focus}
        empty={type ? <p className={classes.quiet}>{t.noConfig}</p> : null}
      />
      <section className={classes.section}>
        <IdentityFields key={id} id={id} node={node} />
      </section>
      <PolicySection id={id} policy={node.policy} problems={mine} prefix={`${prefix}/policy`} />
    </>
  )
}

interface PolicySectionProps {
  id: string
  policy: NodePolicy | undefined
  problems: ReturnType<typeof graphProblemsOf>
  prefix: string
}

function PolicySection({ id, policy, problems, prefix }: PolicySectionProps) {
  const dispatch = useDispatch()
  const focus = useEditor((state) => state.focus)
  const document = useEditor((state) => state.document)
  const inBody = useEditor((state) => state.path.length > 0)
  const schema = useMemo(() => policySchema(document, id, inBody), [document, id, inBody])
  const [asked, setOpen] = useState(policy !== undefined)
  const open =
    asked ||
    focus?.startsWith(prefix) === true ||
    problems.some((problem) => problem.pointer.startsWith(prefix))
  return (
    <section className={classes.section}>
      <UnstyledButton className={classes.sectionHead} aria-expanded={open} onClick={() => setOpen(!open)}>
        <IconChevronRight size={14} stroke={2} style={{ rotate: open ? '90deg' : '0deg' }} aria-hidden />
        {t.policy}
      </UnstyledButton>
      {open ? (
        <div className={classes.sectionBody}>
          <SchemaForm
            schema={schema}
            value={isObject(policy) ? policy : NOTHING}
            onChange={(next) => dispatch(editPolicy, { id, policy: next as NodePolicy })}
            problems={problems}
            pointerPrefix={prefix}
            expressions={false}
            focus={focus}
          />
        </div>
      ) : null}
    </section>
  )
}
