import { Menu } from '@mantine/core'
import type { MenuTarget } from '~/canvas/context'
import { words } from '~/i18n'
import { allowed, type ListedAction } from './action'
import { alignments, distributions } from './actions/arrange'
import { leaveBody, openContainer } from './actions/bodies'
import { copy, cut, duplicate, paste } from './actions/clipboard'
import { collapseSelection } from './actions/collapse'
import { deleteReconnect, deleteSelection } from './actions/deleteSelection'
import { disable } from './actions/disable'
import { find } from './actions/find'
import { fold } from './actions/frames'
import { addNote, colors, group, renameGroup, ungroup, writeNote } from './actions/notes'
import { openNode } from './actions/openNode'
import { pin } from './actions/pin'
import { rename, renameId } from './actions/rename'
import { runFrom, runOnly, runUntil } from './actions/runNode'
import { selectAll } from './actions/selectAll'
import { tidy, tidyBest } from './actions/tidy'
import { fit, quickAdd, settings } from './actions/view'
import { selectDownstream, selectUpstream } from './actions/walk'
import { addAfter, addBefore, insertHere, selectWire } from './actions/wires'
import classes from './Editor.module.css'
import { ActionItems, SubMenu } from './EditorBar'
import { useEditorHandle } from './store'

export interface MenuState {
  target: MenuTarget
  x: number
  y: number
  /** Opened with the keyboard: the first entry takes the focus. */
  keys: boolean
}

type Section = readonly ListedAction[]

/** What the menu of each thing offers, in sections. */
const MENUS: Record<MenuTarget['kind'], readonly Section[]> = {
  node: [
    [openNode, fold, openContainer, addAfter, addBefore, selectWire],
    [runOnly, runUntil, runFrom, pin],
    [rename, renameId, disable, group, ungroup],
    [copy, cut, duplicate],
    [selectUpstream, selectDownstream],
    [deleteSelection, deleteReconnect],
  ],
  edge: [[insertHere, selectWire], [deleteSelection]],
  note: [[writeNote], [copy, cut, duplicate], [deleteSelection]],
  group: [
    [renameGroup, ungroup, collapseSelection],
    [copy, cut, duplicate, disable],
    [tidy, tidyBest],
  ],
  selection: [
    [copy, cut, duplicate, disable],
    [group, ungroup, collapseSelection],
    [tidy, tidyBest],
    [selectUpstream, selectDownstream],
    [deleteSelection, deleteReconnect],
  ],
  pane: [[quickAdd, addNote, paste], [find, selectAll, fit, fold, leaveBody], [tidy, tidyBest], [settings]],
}

/** The menu of the right mouse button, or of the menu key: the actions for what it is about. */
export function CanvasMenu({ menu, onClose }: { menu: MenuState | null; onClose(): void }) {
  const { store } = useEditorHandle()
  if (!menu) return null
  const sections = MENUS[menu.target.kind]
  const first = sections.flat().find((action) => allowed(action, store.getState()))
  return (
    <Menu
      key={`${menu.x} ${menu.y}`}
      opened
      onClose={onClose}
      position="bottom-start"
      offset={0}
      width={300}
      withInitialFocusPlaceholder={!menu.keys}
    >
      <Menu.Target>
        <span className={classes.menuAnchor} style={{ left: menu.x, top: menu.y }} />
      </Menu.Target>
      <Menu.Dropdown aria-label={words.canvas.actions.menu}>
        {sections.map((section, index) => (
          <div key={section[0]?.id}>
            {index > 0 ? <Menu.Divider /> : null}
            <ActionItems list={section} focused={menu.keys ? first : undefined} />
          </div>
        ))}
        {menu.target.kind === 'selection' ? (
          <>
            <Menu.Divider />
            <SubMenu label={words.canvas.help.arrange} list={[...alignments, ...distributions]} />
          </>
        ) : null}
        {menu.target.kind === 'note' || menu.target.kind === 'group' ? (
          <>
            <Menu.Divider />
            <SubMenu label={words.canvas.notes.colorMenu} list={colors} />
          </>
        ) : null}
      </Menu.Dropdown>
    </Menu>
  )
}
