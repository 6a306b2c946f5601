import { type ReactNode, useMemo } from 'react'
import type { Suggestions } from '~/forms/context'
import { SchemaForm } from '~/forms/SchemaForm'
import { words } from '~/i18n'
import { nodeTitle } from '~/model/workflow'
import { editDocument } from '../actions/editDocument'
import { problemsOf } from '../problems'
import { useDispatch, useEditor } from '../store'
import classes from './Inspector.module.css'
import { TriggersSection } from './TriggersSection'
import { withWorkflowValue, workflowSchema, workflowValue } from './workflowForm'

/** With nothing chosen: the workflow itself. */
export function WorkflowInspector({ aside }: { aside: ReactNode }) {
  const dispatch = useDispatch()
  const document = useEditor((state) => state.root)
  const problems = useEditor(problemsOf)
  const focus = useEditor((state) => state.focus)
  const mine = useMemo(
    () => problems.filter((problem) => !/^\/(nodes|edges|layout|triggers)\b/.test(problem.pointer)),
    [problems],
  )
  const suggestions = useMemo<Suggestions>(() => {
    const nodes = Object.entries(document.nodes).map(([id, node]) => ({
      label: `nodes.${id}`,
      detail: nodeTitle(id, node),
    }))
    const inputs = Object.keys(document.inputs ?? {}).map((name) => ({ label: `inputs.${name}` }))
    return { paths: [...nodes, ...inputs, { label: 'execution.id' }], tables: {}, columns: [] }
  }, [document.nodes, document.inputs])
  const schema = useMemo(() => workflowSchema(document), [document])
  return (
    <>
      <div className={classes.head}>
        <div className={classes.names}>
          <h2>{words.editor.workflow.title}</h2>
          <code>{document.name}</code>
        </div>
        {aside}
      </div>
      <div className={classes.scroll} style={{ paddingTop: 4 }}>
        <SchemaForm
          schema={schema}
          value={workflowValue(document)}
          onChange={(value) =>
            dispatch(editDocument, {
              document: withWorkflowValue(document, value),
              label: words.editor.actions.edit,
            })
          }
          problems={mine}
          focus={focus}
          suggestions={suggestions}
        />
        <TriggersSection />
      </div>
    </>
  )
}
