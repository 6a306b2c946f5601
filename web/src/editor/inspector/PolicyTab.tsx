import { useMemo } from 'react'
import { SchemaForm } from '~/forms/SchemaForm'
import { isObject, type JsonObject, pointerOf } from '~/model/json'
import type { NodePolicy, WorkflowNode } from '~/model/workflow'
import { editPolicy } from '../actions/editNode'
import { graphProblemsOf } from '../problems'
import { useDispatch, useEditor } from '../store'
import { policySchema } from './policySchema'

const NOTHING: JsonObject = {}

/** How a node behaves when things go wrong, take long, or were done before. */
export function PolicyTab({ id, node }: { id: string; node: WorkflowNode }) {
  const dispatch = useDispatch()
  const focus = useEditor((state) => state.focus)
  const document = useEditor((state) => state.document)
  const inBody = useEditor((state) => state.path.length > 0)
  const problems = useEditor(graphProblemsOf)
  const schema = useMemo(() => policySchema(document, id, inBody), [document, id, inBody])
  return (
    <SchemaForm
      schema={schema}
      value={isObject(node.policy) ? node.policy : NOTHING}
      onChange={(next) => dispatch(editPolicy, { id, policy: next as NodePolicy })}
      problems={problems}
      pointerPrefix={pointerOf('nodes', id, 'policy')}
      expressions={false}
      focus={focus}
      json
    />
  )
}
