import { TextInput } from '@mantine/core'
import { useContext, useId, useState } from 'react'
import { ReadOnlyForms } from '~/forms/context'
import { FieldFrame, frameIds } from '~/forms/FieldFrame'
import { words } from '~/i18n'
import { NODE_ID, type Problem, type WorkflowNode } from '~/model/workflow'
import { editTitle } from '../actions/editNode'
import { applyRename } from '../actions/rename'
import { useDispatch, useEditorHandle } from '../store'
import classes from './Inspector.module.css'

const t = words.editor.inspector
const NONE: readonly Problem[] = []

/** Title and id; the id changes when the field is left, since wires and expressions follow it. */
export function IdentityFields({ id, node }: { id: string; node: WorkflowNode }) {
  const dispatch = useDispatch()
  const { store } = useEditorHandle()
  const readOnly = useContext(ReadOnlyForms)
  const [draft, setDraft] = useState(id)
  const [titleIds, idIds] = [frameIds(useId()), frameIds(useId())]
  const taken = draft !== id && draft in store.getState().document.nodes
  const wrong = taken ? t.idTaken : NODE_ID.test(draft) ? null : t.idInvalid
  const apply = () => {
    if (wrong) setDraft(id)
    else if (draft !== id) dispatch(applyRename, { id, newId: draft, title: node.title ?? '' })
  }
  const problems: readonly Problem[] =
    wrong === null ? NONE : [{ code: 'id', pointer: '', severity: 'error', message: wrong }]
  return (
    <div className={classes.stack}>
      <FieldFrame
        ids={titleIds}
        pointer={`/nodes/${id}/title`}
        label={t.title}
        description=""
        required={false}
        problems={NONE}
      >
        <TextInput
          id={titleIds.control}
          value={node.title ?? ''}
          readOnly={readOnly}
          onChange={(event) => dispatch(editTitle, { id, title: event.currentTarget.value })}
        />
      </FieldFrame>
      <FieldFrame
        ids={idIds}
        pointer={`/nodes/${id}`}
        label={t.id}
        description={t.idHelp}
        required={false}
        problems={problems}
      >
        <TextInput
          id={idIds.control}
          value={draft}
          readOnly={readOnly}
          error={wrong !== null}
          spellCheck={false}
          aria-describedby={idIds.help}
          classNames={{ input: 'cm-mono' }}
          onChange={(event) => setDraft(event.currentTarget.value)}
          onBlur={apply}
          onKeyDown={(event) => event.key === 'Enter' && apply()}
        />
      </FieldFrame>
    </div>
  )
}
