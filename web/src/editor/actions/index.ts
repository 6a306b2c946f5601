import type { Action } from '../action'
import { alignments, distributions } from './arrange'
import { leaveBody, openContainer } from './bodies'
import { copy, cut, duplicate, paste } from './clipboard'
import { collapseSelection } from './collapse'
import { nextDifference, previousDifference } from './compare'
import { deleteReconnect, deleteSelection } from './deleteSelection'
import { disable } from './disable'
import { find } from './find'
import { fold } from './frames'
import { nudges } from './moveNodes'
import { nextNode, previousNode } from './neighbours'
import { addNote, colors, group, renameGroup, ungroup, writeNote } from './notes'
import { openNode } from './openNode'
import { nextPane, previousPane } from './panes'
import { listPins, pin } from './pin'
import { redo } from './redo'
import { rename, renameId } from './rename'
import { run } from './run'
import { runFrom, runOnly, runUntil, runWith } from './runNode'
import { publish, save } from './save'
import { close, selectAll } from './selectAll'
import { tidy, tidyBest } from './tidy'
import { undo } from './undo'
import { fit, help, openMenu, quickAdd, settings, showTour, zoomIn, zoomOut, zoomReset } from './view'
import { selectDownstream, selectUpstream, walks } from './walk'
import { addAfter, addBefore, insertHere, selectWire } from './wires'

/** Everything a person can start without an argument, by what it is about; help and lists show it in this order. */
export const groups = {
  workflow: [run, runWith, runOnly, runUntil, runFrom, pin, listPins, save, publish],
  add: [quickAdd, addNote, addAfter, addBefore, insertHere, selectWire],
  edit: [
    undo,
    redo,
    openNode,
    previousNode,
    nextNode,
    fold,
    openContainer,
    leaveBody,
    rename,
    renameId,
    writeNote,
    disable,
    copy,
    cut,
    paste,
    duplicate,
    deleteSelection,
    deleteReconnect,
  ],
  arrange: [
    tidy,
    tidyBest,
    ...alignments,
    ...distributions,
    ...nudges,
    group,
    ungroup,
    renameGroup,
    collapseSelection,
    ...colors,
  ],
  view: [
    find,
    nextDifference,
    previousDifference,
    selectAll,
    selectUpstream,
    selectDownstream,
    ...walks,
    openMenu,
    close,
    nextPane,
    previousPane,
    fit,
    zoomReset,
    zoomIn,
    zoomOut,
    settings,
    showTour,
    help,
  ],
} satisfies Record<string, readonly Action[]>

export type ActionGroup = keyof typeof groups

export const actions: readonly Action[] = Object.values(groups).flat()
