import { Kbd, Modal, Table } from '@mantine/core'
import { words } from '~/i18n'
import { actions } from './actions'
import { setPanels } from './actions/panels'
import classes from './Editor.module.css'
import { shortcutText } from './shortcuts'
import { useDispatch } from './store'

const t = words.editor.help
const BY_HAND: [string, string][] = [
  [t.walk, '← → ↑ ↓'],
  [t.nudge, 'Ctrl + ← → ↑ ↓'],
  [t.pan, t.panKeys],
  [t.box, t.boxKeys],
  [t.more, t.moreKeys],
]

/** Every action that has keys. */
export function HelpDialog() {
  const dispatch = useDispatch()
  const keyed = actions.filter((action) => action.listed && action.shortcuts)
  return (
    <Modal opened onClose={() => dispatch(setPanels, { help: false })} title={t.title} size="lg">
      <Table verticalSpacing={6}>
        <Table.Tbody>
          {keyed.map((action) => (
            <Table.Tr key={action.id}>
              <Table.Td>{action.label}</Table.Td>
              <Table.Td>
                <span className={classes.keys}>
                  {action.shortcuts?.map((shortcut) => (
                    <Kbd key={shortcut} size="xs">
                      {shortcutText(shortcut)}
                    </Kbd>
                  ))}
                </span>
              </Table.Td>
            </Table.Tr>
          ))}
          {BY_HAND.map(([name, keys]) => (
            <Table.Tr key={name}>
              <Table.Td>{name}</Table.Td>
              <Table.Td>
                <Kbd size="xs">{keys}</Kbd>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  )
}
