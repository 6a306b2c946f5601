import { Button, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import { words } from '~/i18n'
import { duplicate } from '../actions/clipboard'
import { deleteSelection } from '../actions/deleteSelection'
import { disable } from '../actions/disable'
import { useDispatch, useEditor } from '../store'
import classes from './Inspector.module.css'

const t = words.editor.inspector

/** Several nodes, or wires. */
export function SelectionInspector({ aside }: { aside: ReactNode }) {
  const dispatch = useDispatch()
  const nodes = useEditor((state) => state.selection.nodes.length)
  const edges = useEditor((state) => state.selection.edges)
  const list = nodes > 0 ? [duplicate, disable, deleteSelection] : [deleteSelection]
  return (
    <>
      <div className={classes.head}>
        <div className={classes.names}>
          <h2>{nodes > 0 ? t.many(nodes) : t.edge}</h2>
          {nodes === 0 ? <code>{edges.join(', ')}</code> : null}
        </div>
        {aside}
      </div>
      <Stack gap="md" p="md" pt={0} align="flex-start">
        <p className={classes.quiet}>{nodes > 0 ? t.manyHelp : t.edgeHelp}</p>
        {list.map((action) => {
          const Icon = action.icon
          return (
            <Button
              key={action.id}
              variant="default"
              leftSection={Icon ? <Icon size={15} stroke={1.7} aria-hidden /> : null}
              onClick={() => dispatch(action)}
            >
              {action.label}
            </Button>
          )
        })}
      </Stack>
    </>
  )
}
