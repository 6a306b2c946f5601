import { Button, CloseButton } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useMemo } from 'react'
import { noteWarned, usePreferences } from '~/canvas/preferences'
import { words } from '~/i18n'
import { listNodes } from '~/model/findNodes'
import { addNode } from './actions/addNode'
import { setPanels } from './actions/panels'
import classes from './Editor.module.css'
import { useDispatch, useEditor } from './store'

const t = words.canvas.large
const CALL = 'flow.call'

/** Said once of a workflow with very many nodes: what becomes slower, and what helps. */
export function LargeNote() {
  const dispatch = useDispatch()
  const name = useEditor((state) => state.root.name)
  const nodes = useEditor((state) => state.root.nodes)
  const offersCall = useEditor((state) => state.readOnly === null && state.types.has(CALL))
  const limit = usePreferences((now) => now.largeGraph)
  const said = usePreferences((now) => now.warned.includes(name))
  // Counting those in bodies takes a moment: only where it can matter.
  const count = useMemo(() => (said ? 0 : listNodes(nodes).length), [said, nodes])
  if (said || count <= limit) return null
  return (
    <div className={classes.large} role="status" data-testid="large-note">
      <IconAlertTriangle size={18} stroke={1.7} aria-hidden />
      <div>
        <strong>{t.title(count)}</strong>
        <p>
          {t.text} {t.offer}
        </p>
        <div className={classes.largeActions}>
          {offersCall ? (
            <Button
              size="xs"
              variant="default"
              onClick={() => {
                noteWarned(name)
                dispatch(addNode, { type: CALL })
              }}
            >
              {t.add}
            </Button>
          ) : null}
          <Button size="xs" variant="default" onClick={() => dispatch(setPanels, { settings: true })}>
            {t.settings}
          </Button>
          <Button size="xs" onClick={() => noteWarned(name)}>
            {t.dismiss}
          </Button>
        </div>
      </div>
      <CloseButton aria-label={t.dismiss} size="sm" onClick={() => noteWarned(name)} />
    </div>
  )
}
