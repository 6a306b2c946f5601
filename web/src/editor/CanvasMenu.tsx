import { Menu } from '@mantine/core'
import type { MenuTarget } from '~/canvas/context'
import { leaveBody, openContainer } from './actions/bodies'
import { copy, cut, duplicate, paste } from './actions/clipboard'
import { deleteReconnect, deleteSelection } from './actions/deleteSelection'
import { disable } from './actions/disable'
import { openNode } from './actions/openNode'
import { pin } from './actions/pin'
import { rename } from './actions/rename'
import { runFrom, runOnly, runUntil } from './actions/runNode'
import { selectAll } from './actions/selectAll'
import { tidy } from './actions/tidy'
import { fit, quickAdd } from './actions/view'
import classes from './Editor.module.css'
import { ActionItems } from './EditorBar'

export interface MenuState {
  target: MenuTarget
  x: number
  y: number
}

const LISTS = {
  node: [
    openNode,
    openContainer,
    runOnly,
    runUntil,
    runFrom,
    pin,
    rename,
    disable,
    copy,
    cut,
    duplicate,
    deleteSelection,
    deleteReconnect,
  ],
  edge: [deleteSelection],
  pane: [quickAdd, paste, selectAll, tidy, fit, leaveBody],
}

/** The menu of the right mouse button: the actions for what is under it. */
export function CanvasMenu({ menu, onClose }: { menu: MenuState | null; onClose(): void }) {
  if (!menu) return null
  return (
    <Menu key={`${menu.x} ${menu.y}`} opened onClose={onClose} position="bottom-start" offset={0} width={250}>
      <Menu.Target>
        <span className={classes.menuAnchor} style={{ left: menu.x, top: menu.y }} />
      </Menu.Target>
      <Menu.Dropdown>
        <ActionItems list={LISTS[menu.target.kind]} />
      </Menu.Dropdown>
    </Menu>
  )
}
