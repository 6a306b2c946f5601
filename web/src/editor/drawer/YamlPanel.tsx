import { Button } from '@mantine/core'
import { useId, useState } from 'react'
import { validateWorkflow } from '~/api/workflows'
import { CodeEditor } from '~/forms/CodeEditor'
import { words } from '~/i18n'
import { completeDocument } from '~/model/workflow'
import { editDocument } from '../actions/editDocument'
import { useDispatch, useEditor } from '../store'
import classes from './Drawer.module.css'

const t = words.editor.drawer
const LINES: readonly [number, number] = [6, Number.POSITIVE_INFINITY]

/** The workflow as canonical text. It can be edited too: applied, it is one step that can be undone. */
export function YamlPanel() {
  const dispatch = useDispatch()
  const yaml = useEditor((state) => state.checks.yaml)
  const name = useEditor((state) => state.document.name)
  const [edited, setEdited] = useState<string | null>(null)
  const [refused, setRefused] = useState<string | null>(null)
  const label = useId()
  if (yaml === null) return <p className={classes.note}>{t.yamlWaiting}</p>
  const text = edited ?? yaml
  const apply = async () => {
    try {
      const answer = await validateWorkflow(text)
      if (!answer.document) {
        setRefused(answer.items.map((problem) => problem.message).join(' '))
        return
      }
      // The address of the page names the workflow, so its name stays.
      const document = completeDocument({ ...answer.document, name })
      dispatch(editDocument, { document, label: words.editor.actions.editYaml })
      setEdited(null)
      setRefused(null)
    } catch (error) {
      setRefused(error instanceof Error ? error.message : String(error))
    }
  }
  return (
    <>
      <div className={classes.yaml}>
        <span id={label} hidden>
          {t.yamlLabel}
        </span>
        <CodeEditor
          language="yaml"
          numbers
          value={text}
          labelledBy={label}
          lines={LINES}
          onChange={(next) => setEdited(next === yaml ? null : next)}
        />
      </div>
      {edited === null ? null : (
        <div className={classes.actions}>
          <Button size="compact-sm" onClick={() => void apply()}>
            {t.apply}
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => {
              setEdited(null)
              setRefused(null)
            }}
          >
            {t.revert}
          </Button>
          {refused ? <span role="alert">{refused}</span> : null}
        </div>
      )}
    </>
  )
}
