import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { words } from '~/i18n'
import { EmptyState } from '~/ui/EmptyState'
import { quickAdd } from './actions/view'
import classes from './Editor.module.css'
import { useDispatch, useEditor } from './store'

/** What belongs on an empty canvas, and the first step. What is dropped here falls through to the canvas. */
export function EmptyCanvas() {
  const dispatch = useDispatch()
  const readOnly = useEditor((state) => state.readOnly)
  return (
    <div className={classes.empty}>
      <EmptyState title={words.editor.empty.title} text={readOnly ?? words.editor.empty.text}>
        {readOnly === null ? (
          <Button leftSection={<IconPlus size={14} />} onClick={() => dispatch(quickAdd)}>
            {words.editor.empty.button}
          </Button>
        ) : null}
      </EmptyState>
    </div>
  )
}
