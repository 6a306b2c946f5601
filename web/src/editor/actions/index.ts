import type { Action } from '../action'
import { leaveBody, openContainer } from './bodies'
import { copy, cut, duplicate, paste } from './clipboard'
import { deleteReconnect, deleteSelection } from './deleteSelection'
import { disable } from './disable'
import { nudges } from './moveNodes'
import { openNode } from './openNode'
import { listPins, pin } from './pin'
import { redo } from './redo'
import { rename } from './rename'
import { run } from './run'
import { runFrom, runOnly, runUntil, runWith } from './runNode'
import { publish, save } from './save'
import { selectAll, selectNothing } from './selectAll'
import { tidy } from './tidy'
import { undo } from './undo'
import { fit, help, quickAdd, zoomIn, zoomOut } from './view'
import { walks } from './walk'

/** Everything a person can start without an argument, in the order menus show it. */
export const actions: readonly Action[] = [
  run,
  runWith,
  runOnly,
  runUntil,
  runFrom,
  pin,
  listPins,
  save,
  publish,
  undo,
  redo,
  quickAdd,
  openNode,
  openContainer,
  leaveBody,
  rename,
  disable,
  copy,
  cut,
  paste,
  duplicate,
  selectAll,
  selectNothing,
  deleteSelection,
  deleteReconnect,
  tidy,
  fit,
  zoomIn,
  zoomOut,
  help,
  ...nudges,
  ...walks,
]
